"""What several benchmarks measure: a method at its recipe's sizes, on bodies made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from skgraph.build import build_encoder, build_objective, build_views
from skgraph.data import SkeletonData
from skgraph.topology import Topology
from skgraph.training import ViewMaker


def build_method(config: Mapping[str, Any], topology: Topology) -> tuple[nn.Module, ViewMaker]:
    """The objective of a pre-training configuration, around its encoder, and what makes its views.

    ``normalise.scale=auto`` is left out: it changes no count and no time, and made-up bodies have no scale to measure.
    """
    if config["normalise"]["scale"] == "auto":
        config = {**config, "normalise": {**config["normalise"], "scale": None}}
    torch.manual_seed(0)
    encoder = build_encoder(config, topology)
    objective = build_objective(config, encoder, topology)
    return objective, build_views(config, topology, encoder.grid[0], objective.num_views)


def random_walks(bodies: int, frames: int, topology: Topology, seed: int = 0) -> SkeletonData:
    """Bodies ``[B, 1, T, V, C]`` in metres whose joints wander: no dataset is needed to count or to time."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(bodies, 1, 1, topology.num_joints, topology.dim, generator=generator) * 0.3
    steps = torch.randn(bodies, 1, frames, topology.num_joints, topology.dim, generator=generator) * 0.01
    return SkeletonData.from_joints(start + steps.cumsum(dim=2))
