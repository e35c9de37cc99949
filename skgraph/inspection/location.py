"""Locations in a store where a statistic is largest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore

KEPT = 20


@dataclass(frozen=True)
class Location:
    """A clip by name, or a body, frame, joint or bone in it, with the value of a statistic in its unit."""

    clip: str
    value: float
    body: int | None = None
    frame: int | None = None
    joint: str | None = None

    def __str__(self) -> str:
        body = f"body {self.body}" if self.body else ""
        frame = "" if self.frame is None else f"frame {self.frame}"
        inside = ", ".join(filter(None, (body, frame, self.joint)))
        return f"{self.clip} ({inside})" if inside else self.clip


class LargestValues:
    """The largest of all added values, at most one of each body."""

    def __init__(self) -> None:
        self.value = np.zeros(0)
        self.where = np.zeros((0, 3), np.int64)

    def add(self, value: np.ndarray, track: np.ndarray, frame: np.ndarray, joint: np.ndarray) -> None:
        """Add values ``[m]`` with their body id, frame (or -1) and joint number ``[m]``."""
        value = np.concatenate([self.value, value])
        where = np.concatenate([self.where, np.stack([track, frame, joint], axis=1)])
        order = np.lexsort((*where.T[::-1], -value))  # equal values in the order of the store
        of_each_body = np.sort(np.unique(where[order, 0], return_index=True)[1])[:KEPT]
        self.value, self.where = value[order[of_each_body]], where[order[of_each_body]]

    def locations(self, store: SkeletonStore, joints: Sequence[str] | None = None) -> list[Location]:
        """Return the locations, largest value first; ``joints`` names the joint numbers."""
        return [
            body_location(store, track, value, frame if frame >= 0 else None, joints[joint] if joints else None)
            for value, (track, frame, joint) in zip(self.value.tolist(), self.where.tolist(), strict=True)
        ]


def body_location(
    store: SkeletonStore, track: int, value: float, frame: int | None = None, joint: str | None = None
) -> Location:
    """Return the location of a body by its id in the store."""
    clip = int(store.track_clip[track])
    return Location(str(store.name[clip]), value, track - int(store.body_ptr[clip]), frame, joint)


def worst_clips(store: SkeletonStore, values: np.ndarray, above: float = 0) -> list[Location]:
    """Return the clips with the largest values ``[N]`` above a bound; equal values in the order of the store."""
    order = np.argsort(-values, kind="stable")[:KEPT]
    return [Location(str(store.name[i]), float(values[i])) for i in order if values[i] > above]
