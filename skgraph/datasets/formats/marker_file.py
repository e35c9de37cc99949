"""What C3D and TRC files have in common: markers by name, in frames of one rate and one unit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skgraph.errors import DataError, first_three


@dataclass(frozen=True)
class MarkerFile(ABC):
    """The header of a file, and a method that reads its frames."""

    path: Path
    names: list[str] = field(repr=False)  # of the markers, in the file's order
    frames: int
    fps: float
    unit: str  # as the file writes it
    up: str  # the axis that points up, `y` or `z`

    @abstractmethod
    def read(self) -> np.ndarray:
        """Read the positions of all markers ``[T, K, 3]``, in the file's unit and axes, NaN where one was not seen.

        Raises:
            DataError: the file is damaged, or ends before its last frame.
        """

    def columns(self, markers: Sequence[str]) -> list[int]:
        """Return the index of each marker by its name, before which a subject and a colon may stand (`Ada:LASI`).

        Raises:
            DataError: a marker is not in the file, or twice.
        """
        names = self.names
        if not set(markers) <= set(names):
            names = [name.rpartition(":")[2] for name in names]
        if missing := [marker for marker in markers if marker not in names]:
            problem = f"lacks {len(missing)} markers: {first_three(missing)}"
            raise DataError(f"'{self.path}' {problem}; it has {', '.join(self.names) or 'none'}")
        if twice := [marker for marker in markers if names.count(marker) > 1]:
            raise DataError(f"'{self.path}' has several markers named '{twice[0]}'")
        return [names.index(marker) for marker in markers]
