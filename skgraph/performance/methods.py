"""Methods at the sizes of their recipes, and random bodies to measure them on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from skgraph.build import build_encoder, build_objective, build_views
from skgraph.data import SkeletonData
from skgraph.objectives import Objective
from skgraph.topology import Topology
from skgraph.training import ViewMaker


def build_method(config: Mapping[str, Any], topology: Topology) -> tuple[Objective, ViewMaker]:
    """Build the objective of a pre-training configuration, around its encoder, and its view maker."""
    config = without_auto_scale(config)
    torch.manual_seed(0)
    encoder = build_encoder(config, topology)
    objective = build_objective(config, encoder, topology)
    return objective, build_views(config, topology, encoder.grid[0], objective.num_views)


def without_auto_scale(config: Mapping[str, Any]) -> dict[str, Any]:
    """Set ``normalise.scale=auto`` to none: it changes no count and no time, and random bodies have no scale."""
    normalise = config["normalise"]
    return {**config, "normalise": {**normalise, "scale": None if normalise["scale"] == "auto" else normalise["scale"]}}


def random_walks(bodies: int, frames: int, topology: Topology, seed: int = 0) -> SkeletonData:
    """Return bodies ``[B, 1, T, V, C]`` in metres whose joints walk at random."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(bodies, 1, 1, topology.num_joints, topology.dim, generator=generator) * 0.3
    steps = torch.randn(bodies, 1, frames, topology.num_joints, topology.dim, generator=generator) * 0.01
    return SkeletonData.from_joints(start + steps.cumsum(dim=2))


@contextmanager
def flop_counter() -> Iterator[FlopCounterMode]:
    """Count operations, two per multiply-add, with attention computed by matrix products that the counter sees."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        yield counter
