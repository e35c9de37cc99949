"""A trained run on the tiny store, and a trial of its encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.encoders import TransformerEncoder
from skgraph.evaluation.trial import Trial
from skgraph.pretrain import pretrain
from skgraph.training import ViewMaker
from skgraph.transforms import Center, Compose, RandomTokenMask
from tests.made_up_evaluations import STREAMS, write_evaluation
from tests.test_configs import composed

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def run_folder(store_path, tmp_path_factory) -> Path:
    """A run of a few steps."""
    runs = tmp_path_factory.mktemp("runs")
    config = composed(
        "dataset=store", f"dataset.root={store_path}", "frames=16", "min_frames=8", "patch_length=4", "precision=fp32",
        "encoder.dim=16", "encoder.depth=2", "encoder.heads=2", "objective.predictor.depth=1", "trainer.batch_size=16",
        "trainer.epochs=2", "trainer.warmup_epochs=1", "trainer.progress=false",
    )  # fmt: skip
    pretrain(config | {"runs": str(runs), "name": "r", "evaluate": []}, CPU)
    return runs / "r"


@pytest.fixture
def views(topology) -> ViewMaker:
    return ViewMaker(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.9, 4), None, 1)


@pytest.fixture
def make_encoder(topology):
    """The same small encoder each time."""

    def make(seed=None, **options):
        torch.manual_seed(seed or 0)
        return TransformerEncoder(topology, 16, patch_length=4, dim=16, depth=2, heads=2, **options)

    return make


@pytest.fixture
def trial(store, views, make_encoder) -> Trial:
    train, test = (SkeletonDataset(store, "xsub", part, frames=16) for part in ("train", "test"))
    return Trial(make_encoder, views, train, None, test, CPU, "fp32", batch_size=10)


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    """Made-up evaluations of the three streams."""
    return [write_evaluation(tmp_path, stream) for stream in STREAMS]
