"""Speed of training steps of several methods in one run, and their share of the machine's peak."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from skgraph.performance.timing import call_seconds, matmul_peak, synchronise
from skgraph.performance.training_step import TrainingStep, random_training_step
from skgraph.topology import Topology
from skgraph.training.devices import choose_device, choose_precision

# NTU RGB+D 60, cross-subject: training clips, and bodies per clip.
_CLIPS, BODIES_PER_CLIP = 40_091, 1.18


def benchmark_train(
    configs: Mapping[str, Mapping[str, Any]],
    topology: str,
    bodies: int,
    repeats: int,
    reference: str,
    profiles: str | None = None,
    baselines: Mapping[str, tuple[Callable[[], None], int]] | None = None,
) -> dict[str, float]:
    """Time a training step of several methods on the same bodies, in turns, so that a disturbance hits all alike.

    A step is that of :class:`~skgraph.performance.training_step.TrainingStep`; reading data is timed by ``data``.

    Args:
        configs: composed configuration of a pre-training, by name.
        topology: name of a topology.
        bodies: number of bodies in a batch.
        repeats: timed steps of each method; the median counts.
        reference: method to compare the others with.
        profiles: folder for a trace of one step of each method, for ``chrome://tracing`` or Perfetto.
        baselines: training step of another implementation and the clips in its batch, by name.

    Returns:
        For each method: bodies per second; clips per second at 1.18 bodies per clip, as in NTU RGB+D 60; its speed
        over the reference's and each baseline's; the share of each phase of a step; TFLOP/s, also as a share of what a
        large matrix product reaches here; memory, which is the peak of a GPU, and on a CPU the activations saved for
        the backward pass; and the hours of a recipe of NTU RGB+D 60.
    """
    skeleton = Topology.load(topology)
    device = choose_device(configs[reference]["device"])
    steps = {name: random_training_step(config, skeleton, bodies, device) for name, config in configs.items()}
    baselines = baselines or {}
    calls: dict[str, Callable[[], None]] = steps | {name: step for name, (step, _) in baselines.items()}
    seconds, memory = _times_in_turns(calls, repeats, device)
    precision = choose_precision(device, configs[reference]["precision"])
    peak = matmul_peak(device, precision)
    measured = {f"largest product of matrices, {precision}, TFLOP/s": peak / 1e12}
    per_clip = {name: BODIES_PER_CLIP * seconds[name] / bodies for name in steps}
    for name, (_, clips) in baselines.items():
        per_clip[name] = seconds[name] / clips
        measured[f"{name} clips/s"] = 1 / per_clip[name]
    for name, step in steps.items():
        measured[f"{name} bodies/s"] = bodies / seconds[name]
        measured[f"{name} clips/s"] = 1 / per_clip[name]
        measured |= {f"{name} over {other}": per_clip[other] / per_clip[name] for other in (reference, *baselines)}
        rate = step.flops() / seconds[name]
        measured |= {f"{name} TFLOP/s": rate / 1e12, f"{name} share of that product": rate / peak}
        step(apart=True)
        whole = sum(step.phases.values())
        measured |= {f"{name} share of {phase}": taken / whole for phase, taken in step.phases.items()}
        measured[f"{name} memory, GiB"] = (memory.get(name) or step.saved_bytes()) / 2**30
        if "ntu60" in configs[name]["dataset"]["root"]:
            measured[f"{name} hours of its recipe"] = _recipe(configs[name]["trainer"], seconds[name] / bodies) / 3600
        if profiles is not None:
            _write_profile(step, Path(profiles) / f"profile_{name}.json")
    return measured


def _recipe(trainer: Mapping[str, Any], seconds: float) -> float:
    """Return the seconds of a recipe on NTU RGB+D 60, from the seconds of a step for each of its bodies."""
    if trainer["steps"] is None:
        return trainer["epochs"] * _CLIPS * BODIES_PER_CLIP * seconds
    return trainer["steps"] * trainer["batch_size"] * seconds


def _times_in_turns(
    calls: Mapping[str, Callable[[], None]], repeats: int, device: torch.device
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the median seconds of each call, and on a GPU its peak of memory in bytes."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    memory = {}
    for _ in range(repeats):
        for name, call in calls.items():
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
            times[name] += call_seconds(call, 1, device)  # its warm-up frees the memory of the method before
            if device.type == "cuda":
                memory[name] = torch.cuda.max_memory_allocated(device)
    return {name: statistics.median(taken) for name, taken in times.items()}, memory


def _write_profile(step: TrainingStep, path: Path) -> None:
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if step.device.type == "cuda" else [])
    with profile(activities=activities) as trace:
        step()
        synchronise(step.device)
    trace.export_chrome_trace(str(path))
