"""Timing of repeated calls."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


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
