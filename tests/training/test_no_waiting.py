"""Nothing in a step of training reads a number back: on a GPU, the host would wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from skgraph.build import build_encoder, build_objective, build_views
from skgraph.data import EpochLoader, SkeletonDataset
from skgraph.performance.training_step import without_measurements
from skgraph.training import Trainer, TrainerConfig
from skgraph.training.prefetch import prefetch
from tests.test_configs import ENCODERS, OBJECTIVES, PAIRS, composed

# What needs numbers on the host: scalars, comparisons, and results whose shape depends on what a tensor holds.
WAITING = (
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "nonzero",
    "masked_select",
    "_unique2",
    "unique_dim",
    "bincount",
)


class NoWaiting(TorchDispatchMode):
    """Refuses operations that a host would wait for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        masks = name == "index" and any(i is not None and i.dtype in (torch.bool, torch.uint8) for i in args[1])
        if name in WAITING or masks:
            raise AssertionError(f"a step waits for {func}")
        return func(*args, **(kwargs or {}))


def test_the_mode_sees_what_waits():
    x = torch.arange(4.0)
    for waits in (x.sum().item, lambda: x[x > 1], lambda: float(x[0]), x.nonzero, lambda: torch.equal(x, x)):
        with NoWaiting(), pytest.raises(AssertionError, match="a step waits for"):
            waits()


@pytest.mark.parametrize(("objective", "encoder"), [x for x in PAIRS if x[1] in ("transformer", "stgcn", "compact")])
def test_a_step(objective, encoder, store, tmp_path: Path, monkeypatch):
    config = composed(
        *OBJECTIVES[objective],
        *ENCODERS[encoder],
        "frames=16",
        "min_frames=8",
        "patch_length=4",
    )
    config = without_measurements(config)
    bodies = SkeletonDataset(store, "xsub", items="bodies", frames=16, crop=(0.5, 1.0))
    model = build_objective(config, build_encoder(config, store.topology), store.topology)
    views = build_views(config, store.topology, model.encoder.grid[0], model)
    loader = EpochLoader(bodies, 8, crops=views.crops, local_crops=views.local_crops)
    trainer = Trainer(
        model, loader, views, tmp_path, TrainerConfig(epochs=1, warmup_epochs=0, batch_size=8), {}, torch.device("cpu")
    )
    batches = prefetch(loader, torch.device("cpu"), 0)
    trainer._train_step(model, *next(batches))  # checks the gradients, once
    monkeypatch.setattr(
        torch, "equal", lambda *_: False
    )  # a CPU asks whether a batch has second bodies, a GPU does not
    with NoWaiting():
        loss, logs, _ = trainer._train_step(model, *next(batches))
    assert torch.isfinite(loss) and all(value.numel() == 1 for value in logs.values())
