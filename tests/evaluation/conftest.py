"""A trained run on the tiny store, and a context of its encoder."""

from __future__ import annotations

import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.encoders import TransformerEncoder
from skgraph.evaluation import Settings
from skgraph.evaluation.context import EvaluationContext
from skgraph.training import ViewMaker
from skgraph.transforms import Center, Compose, RandomTokenMask

CPU = torch.device("cpu")


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
def context(store, views, make_encoder) -> EvaluationContext:
    train, test = (SkeletonDataset(store, "xsub", part, frames=16) for part in ("train", "test"))
    return EvaluationContext(make_encoder, views, train, test, CPU, "fp32", Settings(batch_size=10))
