"""Growth of a step's time and memory with frames, bodies and joints, relative to its operations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from skgraph.performance.timing import call_seconds
from skgraph.performance.training_step import random_training_step
from skgraph.topology import Topology
from skgraph.training.devices import choose_device


def benchmark_scaling(
    config: Mapping[str, Any],
    topology: str,
    bodies: int,
    frames: list[int],
    batches: list[int],
    topologies: list[str],
    repeats: int,
) -> dict[str, float]:
    """Time training steps while one size grows: the frames, the bodies of a batch, or the joints.

    Args:
        config: configuration of a pre-training; its frames apply while bodies or joints grow.
        topology: name of the topology while frames or bodies grow.
        bodies: number of bodies in a batch while frames or joints grow.
        frames: numbers of frames, ascending.
        batches: numbers of bodies, ascending.
        topologies: names of topologies, by number of joints.
        repeats: timed steps at each point; the fastest counts.

    Returns:
        For each point: milliseconds per step; memory, which is the peak of a GPU, and on a CPU the
        activations saved for the backward pass; and the exponents with which time and memory have grown with the
        operations since the first point: 1 where the cost per operation is constant.
    """
    measured: dict[str, float] = {}
    points: dict[str, list[tuple[int, Mapping[str, Any], str, int]]] = {
        "frames": [(count, {**config, "frames": count}, topology, bodies) for count in frames],
        "bodies": [(count, config, topology, count) for count in batches],
        "joints": [(Topology.load(other).num_joints, config, other, bodies) for other in topologies],
    }
    for size, curve in points.items():
        first = None
        for value, changed, skeleton, count in curve:
            seconds, flops, memory = _measure(changed, Topology.load(skeleton), count, repeats)
            key = f"{size} {value}"
            measured |= {f"{key}, ms": 1e3 * seconds, f"{key}, MiB": memory / 2**20}
            first = first or (seconds, flops, memory)
            if flops != first[1]:
                growth = math.log(flops / first[1])
                measured[f"{key}, exponent"] = math.log(seconds / first[0]) / growth
                measured[f"{key}, exponent of memory"] = math.log(memory / first[2]) / growth
    return measured


def _measure(config: Mapping[str, Any], topology: Topology, bodies: int, repeats: int) -> tuple[float, float, int]:
    """Return seconds, operations and bytes of memory of a step."""
    device = choose_device(config["device"])
    step = random_training_step(config, topology, bodies, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = min(call_seconds(step, repeats, device))
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else step.saved_bytes()
    return seconds, step.flops(), memory
