"""Train an objective with Lightning (pip install lightning): python lightning_loop.py"""

from functools import partial

import lightning
import torch
from torch.utils.data import DataLoader

from skgraph.build import open_store
from skgraph.data import SkeletonDataset
from skgraph.encoders import TransformerEncoder
from skgraph.objectives import SJEPA, Predictor
from skgraph.training import ViewMaker
from skgraph.transforms import Center, RandomRotate, RandomTokenMask


class Pretraining(lightning.LightningModule):
    def __init__(self, topology):
        super().__init__()
        encoder = TransformerEncoder(topology, frames=64, patch_length=8, dim=64, depth=2, heads=4)
        self.objective = SJEPA(encoder, partial(Predictor, depth=1, heads=4))
        mask = RandomTokenMask(ratio=0.9, patch_length=8)
        self.views = ViewMaker(Center(topology), RandomRotate(y=0.5), mask, None, self.objective.num_views)

    def training_step(self, bodies):
        loss, logs = self.objective(*self.views(bodies))
        self.log_dict({"loss": loss, **logs}, prog_bar=True, batch_size=bodies.num_graphs)
        return loss

    def on_train_batch_end(self, *_):
        self.objective.after_step(
            self.global_step / self.trainer.estimated_stepping_batches
        )  # moves the target encoder

    def configure_optimizers(self):
        return torch.optim.AdamW((p for p in self.objective.parameters() if p.requires_grad), lr=1e-3)


store, split = open_store({"root": "data/small", "synthetic": {"subjects": 4, "repetitions": 1}})  # or {"root": FOLDER}
dataset = SkeletonDataset(store, split, items="bodies", frames=64, crop=(0.5, 1.0))
loader = DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True, collate_fn=lambda batch: batch)
module = Pretraining(store.topology)
trainer = lightning.Trainer(
    max_steps=4, accelerator="auto", log_every_n_steps=1, logger=False, enable_checkpointing=False
)
trainer.fit(module, loader)
print(f"loss {trainer.callback_metrics['loss']:.3f} after {trainer.global_step} steps")
