"""Settings of a training, and those that may change when it is resumed."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

from skgraph._internal.options import at_least, check_kinds
from skgraph.errors import ConfigError

# Keys that may change when a run is resumed. (The batch size may if the number of processes does: their product is
# compared.)
RESUMABLE = (
    "name",
    "runs",
    "device",
    "evaluate",
    "dataset.root",
    "dataset.name",
    "trainer.stop_at",
    "trainer.progress",
    "trainer.log_every",
    "trainer.checkpoint_every",
    "trainer.snapshot_every",
    "trainer.diagnose_every",
    "trainer.batch_size",
    "trainer.data",
    "trainer.compile",
    "trainer.accumulate",
)
_LEAST = {
    1: ("epochs", "batch_size", "lr_batch", "log_every", "diagnose_every", "diagnose_bodies", "accumulate"),
    0: ("min_lr", "warmup_epochs", "weight_decay", "clip_grad", "checkpoint_every", "snapshot_every", "stop_at"),
}


@dataclass(frozen=True)
class TrainerConfig:
    """Settings of a training.

    Attributes:
        epochs: passes over the training bodies.
        batch_size: bodies a step on each process.
        lr: peak learning rate of a global batch of ``lr_batch``; scaled linearly with the global batch.
        lr_batch: global batch of ``lr``.
        min_lr: last learning rate, scaled alike.
        warmup_epochs: epochs of linear warm-up.
        weight_decay: weight decay of matrices.
        betas: betas of AdamW.
        clip_grad: largest norm of the gradient; 0 does not clip.
        log_every: steps between log records.
        checkpoint_every: steps between checkpoints; 0 writes one an epoch.
        snapshot_every: epochs between checkpoints that are kept in ``snapshots``, for ``python -m skgraph.diagnose``;
            0 keeps none.
        diagnose_every: epochs between diagnostics of the features.
        diagnose_bodies: bodies that the diagnostics encode.
        stop_at: stop with a checkpoint after this step (the schedule does not change); 0 trains to the end.
        progress: show a progress bar on a terminal.
        accumulate: slices of a batch that go through the model one after another before the optimiser's step, for
            batches that do not fit into memory. Gradients add up to those of the whole batch; statistics of a batch
            (GFP's variance and covariance, S-JEPA's centre) are those of a slice.
        data: where batches are made, see :func:`skgraph.training.prefetch.move_dataset`.
        compile: compile the objective: ``"auto"``, ``"graphs"``, ``True`` or ``False``; see
            :func:`skgraph.training.compiling.compile_objective`.
    """

    epochs: int = 300
    batch_size: int = 128
    lr: float = 1.5e-4
    lr_batch: int = 256
    min_lr: float = 0.0
    warmup_epochs: float = 20
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.95)
    clip_grad: float = 1.0
    log_every: int = 10
    checkpoint_every: int = 0
    snapshot_every: int = 0
    diagnose_every: int = 5
    diagnose_bodies: int = 256
    stop_at: int = 0
    progress: bool = True
    accumulate: int = 1
    data: Literal["auto", "device", "disk"] = "auto"
    compile: Literal["auto", "graphs"] | bool = "auto"

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        check_kinds(TrainerConfig, values, "trainer")
        for least, keys in _LEAST.items():
            at_least("trainer", least, **{key: values[key] for key in keys})
        if not 0 < self.lr < math.inf:
            raise ConfigError(f"trainer.lr must be positive, found {self.lr}")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ConfigError(f"trainer.betas must be two numbers in [0, 1), found {self.betas}")
        if self.batch_size % self.accumulate:
            raise ConfigError(
                f"trainer.accumulate must divide trainer.batch_size, found {self.accumulate} and {self.batch_size}"
            )
