"""Wall time of a call, and memory of this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wall_seconds(call: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def memory_mib(field: str) -> float:
    """Return a field of ``/proc/self/status``, such as ``VmRSS`` (resident memory), in MiB; NaN on other systems."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return float("nan")
