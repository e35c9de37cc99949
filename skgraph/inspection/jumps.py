"""Joints that are suddenly somewhere else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import Largest, Place, worst_clips

METRES = 0.5
SIZES = 0.3


@dataclass(frozen=True)
class JumpFigures:
    """Steps from one frame to the next that are longer than a body moves.

    Args:
        limit: a longer step is a jump.
        unit: of the limit, of the steps and of their lengths: ``m``, or ``body sizes``.
        count: jumps of all joints.
        by_joint: jumps of each joint ``[V]``.
        steps: steps of each joint, of all bodies together.
        clips: clips with a jump.
        most: clips with the most jumps.
        largest: the longest jumps, at the frame in which the joint is somewhere else.
    """

    limit: float
    unit: str
    count: int
    by_joint: np.ndarray
    steps: int
    clips: int
    most: list[Place]
    largest: list[Place]


class Jumps:
    """Counts jumps: steps of a joint, between two consecutive frames of a body, longer than a limit.

    Args:
        limit: in metres; where a store's coordinates are no metres, in sizes of the body. By default 0.5 metres, which
            is 15 m/s at 30 frames a second, or 0.3 sizes.
    """

    def __init__(self, store: SkeletonStore, limit: float | None = None) -> None:
        self.store = store
        self.in_metres = store.meta.get("units", "m") == "m"
        self.limit = limit if limit is not None else METRES if self.in_metres else SIZES
        self.by_joint = np.zeros(store.topology.num_joints, np.int64)
        self.by_clip = np.zeros(store.num_clips, np.int64)
        self.steps = 0
        self.largest = Largest()

    def add(self, chunk: Chunk) -> None:
        """Take the next clips."""
        self.steps += int(chunk.next_frame.sum())
        unit = np.float32(1) if self.in_metres else np.maximum(chunk.heights, 1e-12)[chunk.body[:-1]]
        far = (chunk.moved > np.square(self.limit * unit)) & chunk.next_frame
        if not far.any():
            return
        joint, row = far.nonzero()
        self.by_joint += np.bincount(joint, minlength=len(self.by_joint))
        body = chunk.body[row]
        self.by_clip += np.bincount(chunk.clips[body], minlength=len(self.by_clip))
        distance = np.sqrt(chunk.moved[joint, row], dtype=np.float64) / np.broadcast_to(unit, far.shape[1])[row]
        self.largest.add(distance, chunk.tracks[body], chunk.frame[row + 1], joint)

    def result(self) -> JumpFigures:
        """What was counted."""
        return JumpFigures(
            limit=self.limit,
            unit="m" if self.in_metres else "body sizes",
            count=int(self.by_joint.sum()),
            by_joint=self.by_joint,
            steps=self.steps,
            clips=int((self.by_clip > 0).sum()),
            most=worst_clips(self.store, self.by_clip),
            largest=self.largest.places(self.store, lambda joint: self.store.topology.joints[joint]),
        )
