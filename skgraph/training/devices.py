"""The device and the number format of a computation."""

from __future__ import annotations

import os

import torch

from skgraph._internal.distributed import read_launcher
from skgraph.errors import ConfigError


def choose_device(name: str = "auto") -> torch.device:
    """Return a device by name; ``"auto"`` is this process's CUDA device, or the CPU where there is none.

    Raises:
        ConfigError: the device does not exist here.
    """
    read_launcher()
    local_rank = int(os.environ.get("LOCAL_RANK", 0))
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(f"cuda:{local_rank}" if name == "cuda" else str(name))
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device must be 'auto', 'cpu', 'cuda' or 'cuda:N', found '{name}'")
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise ConfigError(f"device '{device}' does not exist: this machine has {count} CUDA devices")
        torch.cuda.set_device(device)
    return device


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Return automatic mixed precision: ``"bf16"``, ``"fp32"``, or ``"auto"`` for bf16 where the hardware has it.

    Raises:
        ConfigError: an unknown precision.
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=choose_precision(device, precision) == "bf16")


def choose_precision(device: torch.device, precision: str = "auto") -> str:
    """Return the number format, ``"bf16"`` or ``"fp32"``, of a precision such as ``"auto"`` on a device.

    Raises:
        ConfigError: an unknown precision.
    """
    if precision not in ("auto", "bf16", "fp32"):
        raise ConfigError(f"precision must be 'auto', 'bf16' or 'fp32', found '{precision}'")
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)() else "fp32"
