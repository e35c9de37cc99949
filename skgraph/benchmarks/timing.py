"""Timing of repeated calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def median_seconds(call: Callable[[], object], repeats: int, warmup: int = 1) -> float:
    """Median wall time of a call, after ``warmup`` calls that do not count.

    What a call returns lives until the next one has returned, as in a training loop: otherwise the memory of every
    batch would go back to the system and be asked for again.
    """
    times, result = [], None
    for _ in range(warmup + repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    del result
    return statistics.median(times[warmup:])


def synchronise(device: torch.device) -> None:
    """Wait for a GPU; a CPU is done when a call returns."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matmul_peak(device: torch.device, precision: str, repeats: int = 5) -> float:
    """Operations a second of a large product of matrices, the most that a model could do here.

    Args:
        device: where. precision: ``"bf16"`` or ``"fp32"``. repeats: of which the fastest counts.
    """
    size = 8192 if device.type == "cuda" else 2048
    a = torch.randn(size, size, device=device, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    times = []
    for _ in range(repeats + 1):
        synchronise(device)
        start = time.perf_counter()
        a @ a
        synchronise(device)
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times[1:])
