"""Floating-point operations of each component of a method, counted from the modules themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from skgraph.performance.training_step import build_method, flop_counter, random_crops, random_walks
from skgraph.topology import Topology


@torch.no_grad()
def benchmark_flops(
    config: Mapping[str, Any], topology: str, bodies: int, published: Mapping[str, float]
) -> dict[str, float]:
    """Count the operations of one forward pass of an objective, two per multiply-add, beside published counts.

    Args:
        config: configuration of a pre-training.
        topology: name of a topology.
        bodies: number of bodies in a clip; published counts take two, present or not.
        published: GFLOPs by component, and the number of targets.

    Returns:
        GFLOPs by component of the objective (``encoder``, ``decoder``, ``target_network``...) and in ``total``, of the
        encoder on whole bodies (``inference``), and the number of ``targets`` per body; where published, also that
        count and the ratio of both.
    """
    skeleton = Topology.load(topology)
    objective, views = build_method(config, skeleton)
    prepared = views(random_crops(bodies, config["frames"], skeleton, views), torch.Generator().manual_seed(0))
    targets: list[int] = []

    def count_targets(_module: nn.Module, _inputs: object, output: torch.Tensor | dict[object, torch.Tensor]) -> None:
        # A decoder over tokens computes all of them, visible or not, as the papers count (``N = 750``).
        levels = output.values() if isinstance(output, dict) else []
        targets.append(sum(level.size(1) for level in levels) or math.prod(objective.encoder.grid))

    for name, child in objective.named_children():
        if name in ("decoder", "predictor"):
            child.register_forward_hook(count_targets)
    with flop_counter() as counter:
        objective(*prepared)
    joints = random_walks(bodies, config["frames"], skeleton).joints[:, 0]
    with flop_counter() as inference:
        objective.encoder(joints)
    counts, owner = counter.get_flop_counts(), type(objective).__name__
    components = {name: _operations(counts, f"{owner}.{name}") for name, _ in objective.named_children()}
    whole = {"total": counter.get_total_flops(), "inference": inference.get_total_flops()}
    measured: dict[str, float] = {}
    for component, operations in (components | whole).items():
        if operations:
            measured |= _beside(component, f"{component} GFLOPs", operations / 1e9, published)
    return measured | (_beside("targets", "targets", sum(targets), published) if targets else {})


def _operations(counts: Mapping[str, Mapping[Any, int]], module: str) -> int:
    """Sum the operations of a module, of which a method other than ``forward`` may have been called."""
    names = [name for name in counts if name == module or name.startswith(f"{module}.")]
    outermost = [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
    return sum(sum(counts[name].values()) for name in outermost)


def _beside(component: str, key: str, count: float, published: Mapping[str, float]) -> dict[str, float]:
    """Return a count, and, where published, that count and their ratio."""
    if component not in published:
        return {key: count}
    other = published[component]
    return {key: count, f"{key}, published": other, f"{component}, ours over published": count / other}
