"""Clips read from raw files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RawClip:
    """One clip from a reader.

    Args:
        joints: `[M, T, V, C]`, in the units of its dataset.
        frame_mask: `[M, T]` bool, where each body is present; by default, where one of its joints is not zero.
        confidence: `[M, T, V]` in 0 to 1, the tracker's for each joint; None if unknown.
        excluded: reason to leave the clip out of the store, with details after a colon; "" keeps it.
        segments: rows (label, start, end) of an untrimmed recording, in place of those of its dataset.
    """

    joints: np.ndarray
    frame_mask: np.ndarray | None = None
    confidence: np.ndarray | None = None
    excluded: str = ""
    segments: np.ndarray | None = None

    @classmethod
    def left_out(cls, reason: str) -> RawClip:
        """Return a clip that is left out of the store, for a reason of `skgraph.datasets.exclusion`."""
        return cls(np.zeros((0, 0, 0, 0), np.float32), excluded=reason)

    @property
    def there(self) -> np.ndarray:
        """Presence of each body, `[M, T]` bool."""
        return (self.joints != 0).any(axis=(2, 3)) if self.frame_mask is None else self.frame_mask
