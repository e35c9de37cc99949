"""Floating-point operations of each component of a method, counted from the modules themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from skgraph.performance.methods import build_method, flop_counter, random_walks
from skgraph.topology import Topology


@torch.no_grad()
def count_flops(config: Mapping[str, Any], topology: Topology, bodies: int = 2) -> dict[str, float]:
    """Count the operations of one forward pass of an objective, two per multiply-add.

    Args:
        config: of a pre-training.
        topology: the skeleton.
        bodies: in a clip; published counts take two, present or not.

    Returns:
        GFLOPs by component of the objective (``encoder``, ``decoder``, ``target_network``...) and in ``total``, and the
        number of ``targets`` per body.
    """
    objective, views = build_method(config, topology)
    prepared = views(random_walks(bodies, config["frames"], topology), torch.Generator().manual_seed(0))
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
    counts, owner = counter.get_flop_counts(), type(objective).__name__
    components = {name: sum(counts.get(f"{owner}.{name}", {}).values()) for name, _ in objective.named_children()}
    gigaflops = {name: operations / 1e9 for name, operations in components.items() if operations}
    return gigaflops | {"total": counter.get_total_flops() / 1e9, "targets": sum(targets)}


def benchmark_flops(
    configs: Mapping[str, Mapping[str, Any]],
    published: Mapping[str, Mapping[str, float]],
    topology: str,
    bodies: int,
) -> dict[str, float]:
    """Count the operations of several methods beside published counts.

    Args:
        configs: by method: the composed configuration of its pre-training.
        published: by method: counts by component.
        topology: name of a topology.
        bodies: in a clip.

    Returns:
        ``<method> <component>``, and, where published, that count and the ratio of ours to it.
    """
    skeleton = Topology.load(topology)
    measured: dict[str, float] = {}
    for name, config in configs.items():
        for component, count in count_flops(config, skeleton, bodies).items():
            key = f"{name} {component}{'' if component == 'targets' else ' GFLOPs'}"
            measured[key] = count
            if component in published[name]:
                measured[f"{key}, published"] = published[name][component]
                measured[f"{name} {component}, ours over published"] = count / published[name][component]
    return measured
