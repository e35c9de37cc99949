"""Jumps of joints from one frame to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import LargestValues, Location, worst_clips

METRES = 0.5
SIZES = 0.3


@dataclass(frozen=True)
class JumpStatistics:
    """Steps from one frame to the next that are implausibly long.

    Args:
        limit: length of the longest step that is no jump.
        unit: unit of the limit and of the locations' values: ``m`` or ``body sizes``.
        count: jumps of all joints.
        by_joint: jumps of each joint ``[V]``.
        steps: steps between consecutive frames of a body, over all bodies.
        clips: clips with a jump.
        most: clips with the most jumps.
        largest: longest jumps, at the frame after the step.
    """

    limit: float
    unit: str
    count: int
    by_joint: np.ndarray
    steps: int
    clips: int
    most: list[Location]
    largest: list[Location]


class JumpCounter:
    """Counts jumps: steps of a joint between two consecutive frames of a body that are longer than a limit.

    Args:
        limit: longest step in metres, or in sizes of the body for another unit. By default 0.5 m, which is 15 m/s at 30
            frames a second, or 0.3 sizes.
    """

    def __init__(self, store: SkeletonStore, limit: float | None = None) -> None:
        self.store = store
        self.in_metres = store.meta.get("units", "m") == "m"
        self.limit = limit if limit is not None else METRES if self.in_metres else SIZES
        self.by_joint = np.zeros(store.topology.num_joints, np.int64)
        self.by_clip = np.zeros(store.num_clips, np.int64)
        self.steps = 0
        self.largest = LargestValues()

    def add(self, chunk: Chunk) -> None:
        """Add the next clips."""
        self.steps += int(chunk.next_frame.sum())
        unit = np.float32(1) if self.in_metres else np.maximum(chunk.heights, 1e-12)[chunk.body[:-1]]
        far = (chunk.squared_steps > np.square(self.limit * unit)) & chunk.next_frame
        if not far.any():
            return
        joint, row = far.nonzero()
        body = chunk.body[row]
        self.by_joint += np.bincount(joint, minlength=len(self.by_joint))
        self.by_clip += np.bincount(chunk.clips[body], minlength=len(self.by_clip))
        distance = np.sqrt(chunk.squared_steps[joint, row], dtype=np.float64) / np.broadcast_to(unit, far.shape[1])[row]
        self.largest.add(distance, chunk.tracks[body], chunk.frame[row + 1], joint)

    def result(self) -> JumpStatistics:
        """Return the statistics of all added clips."""
        return JumpStatistics(
            limit=self.limit,
            unit="m" if self.in_metres else "body sizes",
            count=int(self.by_joint.sum()),
            by_joint=self.by_joint,
            steps=self.steps,
            clips=int((self.by_clip > 0).sum()),
            most=worst_clips(self.store, self.by_clip),
            largest=self.largest.locations(self.store, self.store.topology.joints),
        )
