"""A division of a dataset's clips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """Which clips train and which test.

    Args:
        name: of the split, such as `xsub`.
        train: `[N]` bool, the clips that train.
        how: in words, how it was made.
        test: `[N]` bool, the clips that test; by default all others. A clip may be in neither part.
    """

    name: str
    train: np.ndarray
    how: str
    test: np.ndarray | None = None

    @property
    def tests(self) -> np.ndarray:
        """`[N]` bool, the clips that test."""
        return ~self.train if self.test is None else self.test

    def of(self, clips: np.ndarray) -> Split:
        """The split of these clips alone, by their numbers [n]."""
        return Split(self.name, self.train[clips], self.how, self.tests[clips])

    def problem(self) -> str:
        """Why it cannot be used, "" where both parts have clips."""
        for part, clips in (("training", self.train), ("test", self.tests)):
            if not clips.any():
                return f"split '{self.name}' leaves no {part} clips: {self.how}"
        return ""
