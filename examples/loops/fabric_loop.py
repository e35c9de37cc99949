"""Train an objective with Lightning Fabric (pip install lightning): python fabric_loop.py"""

from functools import partial

import torch
from lightning.fabric import Fabric
from torch.utils.data import DataLoader

from skgraph.build import open_store
from skgraph.data import SkeletonDataset
from skgraph.encoders import TransformerEncoder
from skgraph.objectives import SJEPA, Predictor
from skgraph.training import ViewMaker
from skgraph.transforms import Center, RandomRotate, RandomTokenMask

fabric = Fabric(accelerator="auto", devices=1)
fabric.launch()
store, split = open_store({"root": "data/small", "synthetic": {"subjects": 4, "repetitions": 1}})  # or {"root": FOLDER}
dataset = SkeletonDataset(store, split, items="bodies", frames=64, crop=(0.5, 1.0))
loader = DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True, collate_fn=lambda batch: batch)

encoder = TransformerEncoder(store.topology, frames=64, patch_length=8, dim=64, depth=2, heads=4)
objective = SJEPA(encoder, partial(Predictor, depth=1, heads=4))
mask = RandomTokenMask(ratio=0.9, patch_length=8)
views = ViewMaker(Center(store.topology), RandomRotate(y=0.5), mask, None, objective.num_views).to(fabric.device)
optimizer = torch.optim.AdamW((p for p in objective.parameters() if p.requires_grad), lr=1e-3)

model, optimizer = fabric.setup(objective, optimizer)
for step, bodies in enumerate(fabric.setup_dataloaders(loader), start=1):
    loss, logs = model(*views(bodies))
    optimizer.zero_grad()
    fabric.backward(loss)
    optimizer.step()
    objective.after_step(step / len(loader))  # moves the target encoder
print(f"loss {loss:.3f}, target entropy {logs['target_entropy']:.2f} after {step} steps")
