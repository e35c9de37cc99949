"""A run of a few steps that kept a checkpoint of every epoch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from skgraph.api.pretraining import train_run
from tests.test_configs import composed


def trained(runs: Path, store_path: Path, name: str, *options: str) -> Path:
    """A run of a small transformer."""
    return _trained(runs, store_path, name, "encoder.dim=16", "encoder.depth=2", "encoder.heads=2", *options)


def trained_stgcn(runs: Path, store_path: Path, name: str, *options: str) -> Path:
    """A run of the small ST-GCN."""
    return _trained(runs, store_path, name, "encoder=stgcn", *options)


def _trained(runs: Path, store_path: Path, name: str, *options: str) -> Path:
    config = composed(
        "dataset=store",
        f"dataset.root={store_path}",
        "frames=16",
        "min_frames=8",
        "patch_length=4",
        "precision=fp32",
        "trainer.batch_size=16",
        "trainer.epochs=3",
        "trainer.warmup_epochs=1",
        "trainer.progress=false",
        "trainer.snapshot_every=1",
        *options,
    )
    train_run(config | {"runs": str(runs), "name": name, "evaluate": []}, torch.device("cpu"))
    return runs / name


@pytest.fixture(scope="session")
def kept_run(store_path, tmp_path_factory) -> Path:
    return trained(tmp_path_factory.mktemp("runs"), store_path, "kept", "objective.predictor.depth=1")
