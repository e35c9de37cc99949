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
    "pool",
    "dataset.root",
    "dataset.name",
    "heading",  # its angle is in augment
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
    1: ("epochs", "steps", "batch_size", "lr_batch", "log_every", "diagnose_every", "diagnose_bodies", "accumulate"),
    0: (
        "min_lr",
        "embed_lr",
        "warmup_epochs",
        "weight_decay",
        "last_weight_decay",
        "clip_grad",
        "checkpoint_every",
        "snapshot_every",
        "stop_at",
    ),
}


@dataclass(frozen=True)
class TrainerConfig:
    """Settings of a training.

    Attributes:
        epochs: passes over the training bodies.
        steps: budget in steps, the same for little and much data, in place of ``epochs``.
        batch_size: bodies a step on each process.
        lr: peak learning rate of a global batch of ``lr_batch``.
        lr_batch: global batch of ``lr``.
        lr_scaling: ``"linear"`` scales it with the global batch, ``"sqrt"`` with its square root.
        min_lr: last learning rate, scaled alike; at most ``lr``.
        embed_lr: learning rate of the encoder's patch embedding, over that of all other parameters.
        decay_embeddings: apply weight decay to embeddings of positions and to mask tokens too.
        warmup_epochs: epochs of linear warm-up.
        warmup: share of the budget that is linear warm-up, in place of ``warmup_epochs``.
        weight_decay: weight decay of matrices.
        last_weight_decay: weight decay at the end, on a cosine from ``weight_decay``; ``None`` keeps it constant.
        betas: betas of AdamW.
        clip_grad: largest norm of the gradient; 0 does not clip.
        log_every: steps between log records.
        checkpoint_every: steps between checkpoints; 0 writes one an epoch, 21 at most in a budget in steps.
        snapshot_every: epochs between checkpoints that are kept in ``snapshots``, for ``python -m skgraph.diagnose``;
            0 keeps none.
        diagnose_every: epochs between diagnostics of the features; a budget in steps has 21 at most.
        diagnose_bodies: bodies that the diagnostics encode.
        stop_at: stop with a checkpoint after this step (the schedule does not change); 0 trains to the end.
        progress: show a progress bar on a terminal, elsewhere a line every half minute.
        accumulate: slices of a batch that go through the model one after another before the optimiser's step, for
            batches that do not fit into memory. Gradients add up to those of the whole batch; statistics of a batch
            (GFP's variance and covariance, S-JEPA's centre) are those of a slice.
        data: where batches are made, see :func:`skgraph.training.prefetch.move_dataset`.
        compile: compile the objective: ``"auto"``, ``"graphs"``, ``True`` or ``False``; see
            :func:`skgraph.training.compiling.compile_objective`.
    """

    epochs: int | None = 300
    steps: int | None = None
    batch_size: int = 128
    lr: float = 1.5e-4
    lr_batch: int = 256
    lr_scaling: Literal["linear", "sqrt"] = "linear"
    min_lr: float = 0.0
    embed_lr: float = 1.0
    decay_embeddings: bool = False
    warmup_epochs: float | None = 20
    warmup: float | None = None
    weight_decay: float = 0.05
    last_weight_decay: float | None = None
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
        if self.lr_scaling not in ("linear", "sqrt"):
            raise ConfigError(f"trainer.lr_scaling must be 'linear' or 'sqrt', found '{self.lr_scaling}'")
        if self.min_lr > self.lr:
            raise ConfigError(f"trainer.min_lr must be at most trainer.lr, {self.lr}, found {self.min_lr}")
        for one, other in (("epochs", "steps"), ("warmup_epochs", "warmup")):
            if (values[one] is None) == (values[other] is None):
                both = " and ".join(
                    f"trainer.{key}={'null' if values[key] is None else values[key]}" for key in (one, other)
                )
                raise ConfigError(
                    f"one of trainer.{one} and trainer.{other} must be null, the other one not; found {both}"
                )
        if self.warmup is not None and not 0 <= self.warmup < 1:
            raise ConfigError(f"trainer.warmup must be a share in [0, 1), found {self.warmup}")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ConfigError(f"trainer.betas must be two numbers in [0, 1), found {self.betas}")
        if self.batch_size % self.accumulate:
            raise ConfigError(
                f"trainer.accumulate must divide trainer.batch_size, found {self.accumulate} and {self.batch_size}"
            )
