"""Floating-point operations of each part of a method, counted from the modules themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from skgraph.benchmarks.methods import build_method, random_walks
from skgraph.topology import Topology


@torch.no_grad()
def count_flops(config: Mapping[str, Any], topology: Topology, bodies: int = 2) -> dict[str, float]:
    """Count the operations of one forward pass of an objective, two for each multiplication with its addition.

    Args:
        config: of a pre-training.
        topology: the skeleton.
        bodies: of a clip; the field counts two, whether they are there or not.

    Returns:
        GFLOPs by part of the objective (``encoder``, ``decoder``, ``target_network``...) and in ``total``, and how many
        ``targets`` a body has.
    """
    objective, views = build_method(config, topology)
    prepared = views(random_walks(bodies, config["frames"], topology), torch.Generator().manual_seed(0))
    predicted = _predictions(objective)
    # The formula written out, whose products the counter sees, in place of a fused kernel.
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        objective(*prepared)
    counts = counter.get_flop_counts()
    name = type(objective).__name__
    parts = {child: sum(counts.get(f"{name}.{child}", {}).values()) for child, _ in objective.named_children()}
    gigaflops = {part: operations / 1e9 for part, operations in parts.items() if operations}
    return gigaflops | {"total": counter.get_total_flops() / 1e9, "targets": sum(predicted)}


def _predictions(objective: nn.Module) -> list[int]:
    """A list that fills, in the forward pass, with how many tokens a decoder works out for each body.

    A decoder over tokens works on all of them, visible or not, as the papers count (``N = 750``).
    """
    counted: list[int] = []

    def count(_module: nn.Module, _inputs: object, output: torch.Tensor | dict[object, torch.Tensor]) -> None:
        levels = output.values() if isinstance(output, dict) else []
        counted.append(sum(level.size(1) for level in levels) or math.prod(objective.encoder.grid))

    for name, child in objective.named_children():
        if name in ("decoder", "predictor"):
            child.register_forward_hook(count)
    return counted


def benchmark_flops(
    configs: Mapping[str, Mapping[str, Any]],
    published: Mapping[str, Mapping[str, float]],
    topology: str,
    bodies: int,
) -> dict[str, float]:
    """Count the operations of several methods beside published ones.

    Args:
        configs: by method: the composed configuration of its pre-training.
        published: by method: figures by part.
        topology: name of a topology.
        bodies: of a clip.

    Returns:
        ``<method> <part>``, and, where published, that figure and ours over it.
    """
    skeleton = Topology.load(topology)
    measured: dict[str, float] = {}
    for name, config in configs.items():
        counted = count_flops(config, skeleton, bodies)
        for part, figure in counted.items():
            unit = "" if part == "targets" else " GFLOPs"
            measured[f"{name} {part}{unit}"] = figure
            if part in published[name]:
                measured[f"{name} {part}{unit}, published"] = published[name][part]
                measured[f"{name} {part}, ours over published"] = figure / published[name][part]
    return measured
