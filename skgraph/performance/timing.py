"""Timing of repeated calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def call_seconds(call: Callable[[], object], repeats: int, device: torch.device | None = None) -> list[float]:
    """Return the wall time of each of ``repeats`` calls, after one that is not timed; each waits for the device.

    A result lives until the next call has returned, as in a training loop: freeing it earlier would return the memory
    of every batch to the system.
    """
    times, result = [], None
    for _ in range(1 + repeats):
        synchronise(device)
        start = time.perf_counter()
        result = call()
        synchronise(device)
        times.append(time.perf_counter() - start)
    del result
    return times[1:]


def median_seconds(call: Callable[[], object], repeats: int, device: torch.device | None = None) -> float:
    """Return the median wall time of a call; see :func:`call_seconds`."""
    return statistics.median(call_seconds(call, repeats, device))


def synchronise(device: torch.device | None) -> None:
    """Wait until a GPU has finished its work."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)


def matmul_peak(device: torch.device, precision: str) -> float:
    """Return the operations a second of a large matrix product in bf16 or fp32, an upper bound for any model."""
    size = 8192 if device.type == "cuda" else 2048
    a = torch.randn(size, size, device=device, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    return 2 * size**3 / min(call_seconds(lambda: a @ a, 5, device))
