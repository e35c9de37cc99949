"""How a step's time and memory grow with what is trained on, beside how its operations grow."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import torch

from skgraph.benchmarks.timing import synchronise
from skgraph.benchmarks.train import made_up_step
from skgraph.topology import Topology
from skgraph.training.devices import choose_device


def benchmark_scaling(
    configs: Mapping[str, Mapping[str, Any]],
    topology: str,
    bodies: int,
    frames: list[int],
    batches: list[int],
    topologies: list[str],
    repeats: int,
) -> dict[str, float]:
    """Time steps of training while one thing grows: the frames, the bodies of a batch, or the joints.

    Args:
        configs: by name: the composed configuration; its own frames are those of the other two.
        topology: name of the topology while something else grows.
        bodies: of a batch while something else grows.
        frames: numbers of frames, ascending.
        batches: numbers of bodies, ascending.
        topologies: names of topologies, by number of joints.
        repeats: steps timed at each point; the fastest counts.

    Returns:
        by method and point: milliseconds a step; memory, which is the peak of a GPU, and elsewhere what the forward
        pass keeps for the backward one; and the exponents with which time and memory have grown with the operations
        since the first point: 1 where a step costs as much for each operation.
    """
    measured: dict[str, float] = {}
    for name, config in configs.items():
        points = {
            "frames": [(count, config | {"frames": count}, topology, bodies) for count in frames],
            "bodies": [(count, config, topology, count) for count in batches],
            "joints": [(Topology.load(other).num_joints, config, other, bodies) for other in topologies],
        }
        for what, line in points.items():
            first = None
            for value, changed, skeleton, count in line:
                seconds, flops, memory = _measure(changed, Topology.load(skeleton), count, repeats)
                key = f"{name} {what} {value}"
                measured |= {f"{key}, ms": 1e3 * seconds, f"{key}, MiB": memory / 2**20}
                first = first or (seconds, flops, memory)
                if flops != first[1]:
                    operations = math.log(flops / first[1])
                    measured[f"{key}, exponent"] = math.log(seconds / first[0]) / operations
                    measured[f"{key}, exponent of memory"] = math.log(memory / first[2]) / operations
    return measured


def _measure(config: Mapping[str, Any], topology: Topology, bodies: int, repeats: int) -> tuple[float, float, int]:
    """Seconds and operations of a step, and bytes: the peak on a GPU, elsewhere what is kept for the backward pass."""
    device = choose_device(config["device"])
    step = made_up_step(config, topology, bodies, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        step()
        synchronise(device)
        times.append(time.perf_counter() - start)
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else step.kept_bytes()
    return min(times[1:]), step.flops(), memory
