"""How fast methods train, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from skgraph.benchmarks.methods import build_method, random_walks
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.training.devices import autocast, choose_device
from skgraph.training.optimizer import adamw

BODIES_PER_CLIP = 1.18  # of NTU RGB+D 60


def training_step(
    objective: nn.Module, prepare: Callable[[], tuple[torch.Tensor, ...]], device: torch.device, precision: str
) -> Callable[[], None]:
    """A function that does one step of training on what ``prepare`` gives: (views, visible, masked)."""
    optimizer = adamw(objective, 1e-4)

    def step() -> None:
        with autocast(device, precision):
            loss, _ = objective(*prepare())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(objective.parameters(), 1.0, foreach=True)
        optimizer.step()
        objective.after_step(0.5)

    return step


def benchmark_train(
    configs: Mapping[str, Mapping[str, Any]], reference: str, topology: str, bodies: int, repeats: int
) -> dict[str, float]:
    """Time a training step of several methods on the same bodies, in turns, so that what disturbs one disturbs all.

    A step makes its views and mask, and does the forward and backward pass, the optimiser and what the objective does
    after it. Reading data has a benchmark of its own.

    Args:
        configs: by name: the composed configuration.
        reference: the method that others are compared with.
        topology: name of a topology.
        bodies: of a batch.
        repeats: steps timed of each method; the median counts.

    Returns:
        by method, bodies a second, clips a second at the 1.18 bodies a clip of NTU RGB+D 60, and the speed over the
        reference's.
    """
    if reference not in configs:
        raise ConfigError(f"benchmark.sizes.reference must be one of {', '.join(configs)}, found '{reference}'")
    skeleton = Topology.load(topology)
    steps = {name: _step(config, skeleton, bodies) for name, config in configs.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for repeat in range(repeats + 1):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if repeat:  # the first one warms up
                times[name].append(time.perf_counter() - start)
    speed = {name: bodies / statistics.median(taken) for name, taken in times.items()}
    measured: dict[str, float] = {}
    for name, per_second in speed.items():
        measured[f"{name} bodies/s"] = per_second
        measured[f"{name} clips/s"] = per_second / BODIES_PER_CLIP
        measured[f"{name} over {reference}"] = per_second / speed[reference]
    return measured


def _step(config: Mapping[str, Any], topology: Topology, bodies: int) -> Callable[[], None]:
    device = choose_device(config["device"])
    objective, views = build_method(config, topology)
    objective, views = objective.to(device), views.to(device)
    graphs = random_walks(bodies, config["frames"], topology).to(device)
    step = training_step(objective, lambda: views(graphs), device, config["precision"])

    def synchronised() -> None:
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return synchronised
