"""How fast methods train, in one run, and what of the machine they use."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from skgraph.benchmarks.methods import build_method, random_walks
from skgraph.benchmarks.plain_mamp import PlainMAMP, made_up_clips, plain_batch
from skgraph.benchmarks.timing import matmul_peak, synchronise
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.training.compiling import compile_objective
from skgraph.training.devices import autocast, choose_device, choose_precision
from skgraph.training.optimizer import adamw

# NTU RGB+D 60, cross-subject: training clips, and bodies a clip.
_CLIPS, BODIES_PER_CLIP = 40_091, 1.18
_PLAIN = "plain_mamp"


class TrainingStep:
    """A step of training on what ``prepare`` gives: (views, visible, masked).

    Args:
        objective: is trained.
        prepare: makes the views and the mask.
        device: where.
        precision: see :func:`skgraph.training.devices.autocast`.

    Attributes:
        phases: seconds of the last step's parts, where it was called with ``apart=True``.
    """

    def __init__(
        self,
        objective: nn.Module,
        prepare: Callable[[], tuple[torch.Tensor, ...]],
        device: torch.device,
        precision: str,
    ) -> None:
        self.objective, self.prepare, self.device, self.precision = objective, prepare, device, precision
        self.optimizer = adamw(objective, 1e-4)
        self.phases: dict[str, float] = {}

    def __call__(self, apart: bool = False) -> None:
        """Do it; ``apart`` waits for the device after each part, so that each has a time of its own."""
        since = time.perf_counter()

        def mark(name: str) -> None:
            nonlocal since
            if apart:
                synchronise(self.device)
                now = time.perf_counter()
                self.phases[name], since = now - since, now

        prepared = self.prepare()
        mark("views")
        with autocast(self.device, self.precision):
            loss, _ = self.objective(*prepared)
        mark("forward")
        self.optimizer.zero_grad()
        loss.backward()
        mark("backward")
        nn.utils.clip_grad_norm_(self.objective.parameters(), 1.0, foreach=True)
        self.optimizer.step()
        self.objective.after_step(0.5)
        mark("update")

    def flops(self) -> float:
        """Operations of a step's forward and backward pass, two for each multiplication with its addition."""
        prepared = self.prepare()
        # The formula written out, whose products the counter sees, in place of a fused kernel.
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            self.objective(*prepared)[0].backward()
        self.optimizer.zero_grad()
        return float(counter.get_total_flops())

    def kept_bytes(self) -> int:
        """Bytes that the forward pass keeps for the backward one: activations, without the parameters."""
        own = {parameter.untyped_storage().data_ptr() for parameter in self.objective.parameters()}
        kept: dict[int, int] = {}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        prepared = self.prepare()
        with saved_tensors_hooks(keep, lambda tensor: tensor), autocast(self.device, self.precision):
            result = self.objective(*prepared)
        size = sum(kept.values())
        del result  # not before: while it lives, all that it keeps does, each at an address of its own
        return size


def benchmark_train(
    configs: Mapping[str, Mapping[str, Any]],
    reference: str,
    topology: str,
    bodies: int,
    repeats: int,
    plain_clips: int = 4,
    profiles: str | None = None,
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
        plain_clips: of a batch of :class:`~skgraph.benchmarks.plain_mamp.PlainMAMP`, which has the reference's sizes.
        profiles: folder for a trace of a step of each method, which `chrome://tracing` and Perfetto show.

    Returns:
        by method: bodies a second; clips a second at the 1.18 bodies a clip of NTU RGB+D 60; the speed over the
        reference's and over the plain one's; the share of each part of a step; TFLOP/s and their share of what a large
        product of matrices reaches here; on a GPU the peak of memory; and the hours of its recipe on NTU RGB+D 60.
    """
    if reference not in configs:
        raise ConfigError(f"benchmark.sizes.reference must be one of {', '.join(configs)}, found '{reference}'")
    skeleton = Topology.load(topology)
    device = choose_device(configs[reference]["device"])
    steps = {name: made_up_step(config, skeleton, bodies, device) for name, config in configs.items()}
    calls: dict[str, Callable[[], None]] = {
        **steps,
        _PLAIN: _plain_step(configs[reference], skeleton, plain_clips, device),
    }
    memory = dict.fromkeys(calls, 0)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            call()  # not counted: the memory of the method before has gone back to the system
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
            synchronise(device)
            start = time.perf_counter()
            call()
            synchronise(device)
            times[name].append(time.perf_counter() - start)
            if device.type == "cuda":
                memory[name] = torch.cuda.max_memory_allocated(device)
    seconds = {name: statistics.median(taken) for name, taken in times.items()}
    precision = choose_precision(device, configs[reference]["precision"])
    peak = matmul_peak(device, precision)
    measured = {f"largest product of matrices, {precision}, TFLOP/s": peak / 1e12}
    per_clip = {name: BODIES_PER_CLIP * seconds[name] / bodies for name in steps}
    per_clip[_PLAIN] = seconds[_PLAIN] / plain_clips
    measured[f"{_PLAIN} clips/s"] = 1 / per_clip[_PLAIN]
    for name, step in steps.items():
        measured[f"{name} bodies/s"] = bodies / seconds[name]
        measured[f"{name} clips/s"] = 1 / per_clip[name]
        measured[f"{name} over {reference}"] = per_clip[reference] / per_clip[name]
        measured[f"{name} over {_PLAIN}"] = per_clip[_PLAIN] / per_clip[name]
        rate = step.flops() / seconds[name]
        measured |= {f"{name} TFLOP/s": rate / 1e12, f"{name} share of that product": rate / peak}
        step(apart=True)
        whole = sum(step.phases.values())
        measured |= {f"{name} share of {part}": taken / whole for part, taken in step.phases.items()}
        if memory[name]:
            measured[f"{name} memory, GiB"] = memory[name] / 2**30
        measured[f"{name} hours of its recipe"] = configs[name]["trainer"]["epochs"] * _CLIPS * per_clip[name] / 3600
        if profiles is not None:
            _write_profile(step, Path(profiles) / f"profile_{name}.json")
    return measured


def made_up_step(config: Mapping[str, Any], topology: Topology, bodies: int, device: torch.device) -> TrainingStep:
    """A step of a pre-training configuration on bodies made up, compiled where a training would be."""
    objective, views = build_method(config, topology)
    objective, views = objective.to(device), views.to(device)
    graphs = random_walks(bodies, config["frames"], topology).to(device)
    compile_objective(objective, config["trainer"]["compile"], device)
    return TrainingStep(objective, lambda: views(graphs), device, config["precision"])


def _plain_step(config: Mapping[str, Any], topology: Topology, clips: int, device: torch.device) -> Callable[[], None]:
    encoder = config["encoder"]
    objective = PlainMAMP(
        config["frames"],
        config["patch_length"],
        topology.num_joints,
        topology.dim,
        encoder["dim"],
        encoder["depth"],
        encoder["heads"],
        config["objective"]["decoder"]["depth"],
    ).to(device)
    optimizer = torch.optim.AdamW(objective.parameters(), 1e-4, betas=(0.9, 0.95), weight_decay=0.05, foreach=False)
    whole = made_up_clips(clips, topology.num_joints, topology.dim)

    def step() -> None:
        loss = objective(plain_batch(whole, config["frames"]).to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _write_profile(step: TrainingStep, path: Path) -> None:
    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if step.device.type == "cuda" else [])
    with profile(activities=activities) as trace:
        step()
        synchronise(step.device)
    trace.export_chrome_trace(str(path))
