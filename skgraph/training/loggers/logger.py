"""The interface of a logger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Logger(Protocol):
    """Takes the numbers of a training.

    A configuration names its class by ``logger._target_``. The constructor gets the configuration's other options, and
    those of these arguments that it has: ``folder`` of the run; ``step``, the steps already done; ``logged``, the last
    step of each number that an earlier process logged, beyond ``step`` if the process was killed; ``run_config``.
    """

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log numbers of a step; several calls may be of one step."""

    def close(self) -> None:
        """Write what is pending, and end."""
