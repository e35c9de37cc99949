"""Joints that a tracker seems not to have seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import LargestValues, Location, worst_clips

_KEY_WEIGHTS = np.array([1.0, np.e, np.pi], np.float32)


@dataclass(frozen=True)
class MissingStatistics:
    """Signs of joints that were not seen; shares are of the frames of all bodies.

    Args:
        rows: frames of all bodies.
        damaged: joints with coordinates that are not finite; their frames are left out of every other statistic.
        damaged_at: locations of the first damaged joints.
        origin: share in which a joint is exactly at the origin ``[V]``.
        frozen: share in which a joint does not move at all for ``frozen_seconds`` while the body does ``[V]``.
        frozen_seconds: shortest rest that counts.
        frozen_at: longest rests in seconds, at their first frame.
        repeated: share in which no joint moves at all for ``frozen_seconds``.
        repeated_at: longest rests of a whole body in seconds, at their first frame.
        origin_in: clips with the most joints at the origin, without joints that never leave it.
        pairs: share in which two joints have exactly the same coordinates, by their names, largest first.
        pairs_in: clips with the most such pairs, summed over the frames.
        unseen, unsure: share in which a joint has confidence 0, below 0.5 ``[V]``; ``None`` without confidences.
        confidence: mean confidence ``[V]``, or ``None``.
    """

    rows: int
    damaged: int
    damaged_at: list[Location]
    origin: np.ndarray
    frozen: np.ndarray
    frozen_seconds: float
    frozen_at: list[Location]
    repeated: float
    repeated_at: list[Location]
    origin_in: list[Location]
    pairs: dict[str, float]
    pairs_in: list[Location]
    unseen: np.ndarray | None
    unsure: np.ndarray | None
    confidence: np.ndarray | None

    def shares(self) -> dict[str, np.ndarray]:
        """Return the shares of each joint ``[V]``, by sign."""
        shares: dict[str, Any] = {"at the origin": self.origin, "frozen": self.frozen}
        return shares if self.unseen is None else shares | {"not seen": self.unseen, "unsure": self.unsure}


class MissingCounter:
    """Counts joints that seem not to have been seen.

    Args:
        seconds: a joint that does not move at all for this long is *frozen*: no sensor is that steady, but software
            that repeats the last known position is.
    """

    def __init__(self, store: SkeletonStore, seconds: float = 1.0) -> None:
        self.store, self.seconds = store, seconds
        self.fps = float(store.meta.get("fps", 30.0))
        self.frames = max(2, round(min(seconds * self.fps, 2**53)))
        joints = store.topology.num_joints
        self.rows = self.damaged = 0
        self.damaged_at, self.frozen_at, self.repeated_at = LargestValues(), LargestValues(), LargestValues()
        self.origin = np.zeros(joints, np.int64)
        self.rest = np.zeros(joints + 1, np.int64)  # the last entry counts rests of the whole body
        self.equal = np.zeros((joints, joints), np.int64)
        self.origin_in, self.equal_in = np.zeros((2, store.num_clips), np.int64)
        self.confidence = np.zeros((3, joints), np.int64)

    def add(self, chunk: Chunk) -> None:
        """Add the next clips."""
        self.rows += len(chunk.frame)
        self.damaged += len(chunk.damaged)
        self.damaged_at.add(np.zeros(len(chunk.damaged)), *chunk.damaged.T)
        if not len(chunk.frame):
            return
        at_origin = (chunk.joints == 0).all(axis=0)
        self.origin += at_origin.sum(axis=1)
        # A body may be centred on a joint, which then is at the origin in every frame.
        odd = at_origin & ~at_origin.all(axis=1)[:, None]
        self.origin_in += self._by_clip(chunk, odd.sum(axis=0))
        self._add_rests(chunk)
        self._add_pairs(chunk, at_origin)
        if chunk.confidence is not None:
            self.confidence += [
                (chunk.confidence == 0).sum(axis=1),
                (chunk.confidence < 128).sum(axis=1),
                chunk.confidence.sum(axis=1, dtype=np.int64),
            ]

    def _add_rests(self, chunk: Chunk) -> None:
        """Count runs of frames without any motion, of each joint and of the whole body."""
        resting = np.zeros((len(self.rest), len(chunk.frame) + 1), bool)  # between two columns of False
        resting[:-1, 1:-1] = (chunk.squared_steps == 0) & chunk.next_frame
        resting[-1] = resting[:-1].all(axis=0)
        flat = resting.ravel()
        ends = np.flatnonzero(flat[1:] != flat[:-1])  # in turn the first and the last step of a run
        start, frames = ends[::2], ends[1::2] - ends[::2] + 1
        long = frames >= self.frames
        joint, row = np.divmod(start[long], resting.shape[1])
        frames = frames[long]
        self.rest += np.bincount(joint, weights=frames, minlength=len(self.rest)).astype(np.int64)
        track, frame, seconds = chunk.tracks[chunk.body[row]], chunk.frame[row], frames / self.fps
        whole = joint == len(self.rest) - 1
        # A rest of the whole body is listed once, not for each of its joints.
        run = row * (len(chunk.frame) + 1) + frames
        single = ~np.isin(run, run[whole])
        for largest, chosen in ((self.repeated_at, whole), (self.frozen_at, single)):
            largest.add(seconds[chosen], track[chosen], frame[chosen], joint[chosen])

    def _add_pairs(self, chunk: Chunk, at_origin: np.ndarray) -> None:
        """Count joints with the same coordinates, but for those at the origin."""
        # Joints of a frame are sorted by a weighted sum of their coordinates, and neighbours compared. The sum is taken
        # term by term, so that equal coordinates have equal sums: a matrix product may round them differently.
        key = np.ascontiguousarray(sum(w * axis for w, axis in zip(_KEY_WEIGHTS, chunk.joints, strict=False)).T)
        ranked = np.sort(key, axis=1)
        rows = np.flatnonzero((ranked[:, 1:] == ranked[:, :-1]).any(axis=1))
        if not len(rows):
            return
        order = np.argsort(key[rows], axis=1, kind="stable")
        first, second = order[:, :-1], order[:, 1:]
        at, rank = (key[rows[:, None], first] == key[rows[:, None], second]).nonzero()
        row, first, second = rows[at], first[at, rank], second[at, rank]
        same = (chunk.joints[:, first, row] == chunk.joints[:, second, row]).all(axis=0) & ~at_origin[first, row]
        np.add.at(self.equal, (first[same], second[same]), 1)
        self.equal_in += self._by_clip(chunk, np.bincount(row[same], minlength=len(chunk.frame)))

    def _by_clip(self, chunk: Chunk, counts: np.ndarray) -> np.ndarray:
        """Sum counts of rows over the rows of each clip ``[N]``."""
        return np.bincount(chunk.clips[chunk.body], weights=counts, minlength=self.store.num_clips).astype(np.int64)

    def result(self) -> MissingStatistics:
        """Return the statistics of all added clips."""
        store, names, rows = self.store, self.store.topology.joints, max(self.rows, 1)
        equal = np.argwhere(self.equal).tolist()
        pairs = {f"{names[a]} = {names[b]}": float(self.equal[a, b] / rows) for a, b in equal}
        unseen, unsure, confidence = self.confidence / rows if store.has_confidence else (None,) * 3
        return MissingStatistics(
            rows=self.rows,
            damaged=self.damaged,
            damaged_at=self.damaged_at.locations(store, names),
            origin=self.origin / rows,
            frozen=(self.rest[:-1] - self.rest[-1]) / rows,
            frozen_seconds=self.seconds,
            frozen_at=self.frozen_at.locations(store, names),
            repeated=float(self.rest[-1] / rows),
            repeated_at=self.repeated_at.locations(store),
            origin_in=worst_clips(store, self.origin_in),
            pairs=dict(sorted(pairs.items(), key=lambda pair: -pair[1])),
            pairs_in=worst_clips(store, self.equal_in),
            unseen=unseen,
            unsure=unsure,
            confidence=None if confidence is None else confidence / 255,
        )
