"""A training step of a recipe on random bodies, timed by phase, whose operations and memory are counted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from skgraph.build import build_encoder, build_objective, build_views
from skgraph.data import SkeletonData
from skgraph.objectives import Objective
from skgraph.performance.timing import synchronise
from skgraph.topology import Topology
from skgraph.training import ViewMaker
from skgraph.training.compiling import compile_objective
from skgraph.training.devices import autocast
from skgraph.training.optimizer import adamw


class TrainingStep:
    """Views and mask, forward and backward pass, optimiser step, and the update of the objective.

    Args:
        objective: objective to train.
        prepare: returns ``(views, visible, masked)``.
        device: device of the objective.
        precision: see :func:`skgraph.training.devices.autocast`.

    Attributes:
        phases: seconds of each phase of the last step that was called with ``apart=True``.
    """

    def __init__(
        self,
        objective: Objective,
        prepare: Callable[[], tuple[torch.Tensor, ...]],
        device: torch.device,
        precision: str,
    ) -> None:
        self.objective, self.prepare, self.device, self.precision = objective, prepare, device, precision
        self.optimizer = adamw(objective, 1e-4)
        self.phases: dict[str, float] = {}

    def __call__(self, apart: bool = False) -> None:
        """Train one step; ``apart`` waits for the device after each phase and times the phase."""
        since = time.perf_counter()

        def mark(phase: str) -> None:
            nonlocal since
            if apart:
                synchronise(self.device)
                now = time.perf_counter()
                self.phases[phase], since = now - since, now

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
        """Count the operations of a forward and backward pass, two per multiply-add."""
        prepared = self.prepare()
        with flop_counter() as counter:
            self.objective(*prepared)[0].backward()
        self.optimizer.zero_grad()
        return float(counter.get_total_flops())

    def saved_bytes(self) -> int:
        """Return the bytes of activations that the forward pass saves for the backward pass."""
        parameters = {parameter.untyped_storage().data_ptr() for parameter in self.objective.parameters()}
        saved: dict[int, int] = {}

        def save(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in parameters:
                saved[storage.data_ptr()] = storage.nbytes()
            return tensor

        prepared = self.prepare()
        with saved_tensors_hooks(save, lambda tensor: tensor), autocast(self.device, self.precision):
            result = self.objective(*prepared)
        size = sum(saved.values())
        del result  # alive until here, so that no address is reused while storages are collected
        return size


def random_training_step(
    config: Mapping[str, Any], topology: Topology, bodies: int, device: torch.device
) -> TrainingStep:
    """Build the step of a pre-training configuration on random bodies, compiled where a training would compile."""
    objective, views = build_method(config, topology)
    objective, views = objective.to(device), views.to(device)
    graphs = random_crops(bodies, config["frames"], topology, views).to(device)
    compile_objective(objective, config["trainer"]["compile"], device)
    return TrainingStep(objective, lambda: views(graphs), device, config["precision"])


def build_method(config: Mapping[str, Any], topology: Topology) -> tuple[Objective, ViewMaker]:
    """Build the objective of a pre-training configuration, around its encoder, and its view maker."""
    config = without_measurements(config)
    torch.manual_seed(0)
    encoder = build_encoder(config, topology)
    objective = build_objective(config, encoder, topology)
    return objective, build_views(config, topology, encoder.grid[0], objective)


def without_measurements(config: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what a training measures on its data: no scale, any heading. Neither changes a count or a time."""
    normalise, augment = dict(config["normalise"]), dict(config["augment"])
    if normalise["scale"] == "auto":
        normalise["scale"] = None
    if (augment.get("rotate") or {}).get("y") == "auto":
        augment["rotate"] = {**augment["rotate"], "y": math.pi}
    return {**config, "normalise": normalise, "augment": augment}


def random_crops(bodies: int, frames: int, topology: Topology, views: ViewMaker) -> SkeletonData:
    """Return the crops of random bodies that a view maker takes."""
    graphs = random_walks(bodies * views.crops, frames, topology)
    if views.local_crops:
        graphs.local = [random_walks(bodies * views.crops * x.number, x.frames, topology) for x in views.local_crops]
    return graphs


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
