"""Train an objective with Accelerate (pip install accelerate): accelerate launch accelerate_loop.py"""

from functools import partial

import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

from skgraph.build import open_store
from skgraph.data import SkeletonDataset
from skgraph.encoders import TransformerEncoder
from skgraph.objectives import SJEPA, Predictor
from skgraph.training import ViewMaker
from skgraph.transforms import Center, RandomRotate, RandomTokenMask

accelerator = Accelerator()
with accelerator.main_process_first():  # writes the synthetic dataset; your store is {"root": FOLDER}
    store, split = open_store({"root": "data/small", "synthetic": {"subjects": 4, "repetitions": 1}})
dataset = SkeletonDataset(store, split, items="bodies", frames=64, crop=(0.5, 1.0))
loader = DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True, collate_fn=lambda batch: batch)

encoder = TransformerEncoder(store.topology, frames=64, patch_length=8, dim=64, depth=2, heads=4)
objective = SJEPA(encoder, partial(Predictor, depth=1, heads=4))
mask = RandomTokenMask(ratio=0.9, patch_length=8)
views = ViewMaker(Center(store.topology), RandomRotate(y=0.5), mask, None, objective.num_views).to(accelerator.device)
optimizer = torch.optim.AdamW((p for p in objective.parameters() if p.requires_grad), lr=1e-3)

model, optimizer, loader = accelerator.prepare(objective, optimizer, loader)
for step, bodies in enumerate(loader, start=1):
    loss, logs = model(*views(bodies))
    optimizer.zero_grad()
    accelerator.backward(loss)
    optimizer.step()
    objective.after_step(step / len(loader))  # moves the target encoder
accelerator.print(f"loss {loss:.3f}, target entropy {logs['target_entropy']:.2f} after {step} steps")
