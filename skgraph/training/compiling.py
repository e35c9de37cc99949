"""Compilation of an objective."""

from __future__ import annotations

import importlib.util

import torch
from torch import nn

from skgraph.errors import ConfigError


def compile_objective(objective: nn.Module, wanted: bool | str, device: torch.device, topologies: int = 1) -> bool:
    """Compile an objective in place: encoder, predictor or decoder, and loss.

    Args:
        objective: to compile; its weights keep their names.
        wanted: ``"auto"`` compiles if Triton is installed and supports the GPU, the encoder has ``static_shapes``, and
            there is one topology: other shapes would be compiled again and again. ``"graphs"`` also records CUDA
            graphs, which a step then replays without launching its kernels one by one.
        device: device of the training.
        topologies: number of skeletons among the batches.

    Returns:
        True if the first step compiles it.

    Raises:
        ConfigError: ``"graphs"`` on a device that has none, or where shapes differ between batches.
    """
    static = getattr(getattr(objective, "encoder", None), "static_shapes", False) and topologies == 1
    if wanted == "graphs":
        if device.type != "cuda" or not static:
            reason = f"{device} has none" if device.type != "cuda" else "shapes differ between batches"
            raise ConfigError(f"trainer.compile=graphs records CUDA graphs, but {reason}: say auto, true or false")
        objective.compile(dynamic=False, mode="reduce-overhead")
        return True
    if wanted is True or (wanted == "auto" and static and _has_triton(device)):
        objective.compile(dynamic=False)
        return True
    return False


def _has_triton(device: torch.device) -> bool:
    if device.type != "cuda" or importlib.util.find_spec("triton") is None:
        return False
    return torch.cuda.get_device_capability(device) >= (7, 0)
