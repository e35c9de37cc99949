"""Joints that a tracker seems not to have seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import Largest, Place, worst_clips


@dataclass(frozen=True)
class MissingFigures:
    """What looks like a joint that was not seen, by joint, in shares of all frames of all bodies.

    Args:
        rows: frames of all bodies.
        damaged: coordinates that are not finite, joints counted; their frames are in no other figure.
        damaged_at: the first of them.
        origin: share in which a joint is exactly at the origin ``[V]``.
        frozen: share in which a joint rests to the last digit for long, while the body moves ``[V]``.
        frozen_seconds: what counts as long.
        frozen_at: the longest rests, at their first frame, in seconds.
        repeated: share in which all joints rest so.
        repeated_at: likewise.
        origin_in: clips with the most such joints, counted in all frames, unless a joint is there in every frame.
        pairs: shares in which two joints are at exactly the same place, largest first, by their names.
        pairs_in: clips with the most such pairs, counted in all frames.
        unseen: share in which the tracker says that it did not see a joint at all (confidence 0) ``[V]``; ``None``
            where it does not say. Likewise ``unsure`` (below 0.5) and ``confidence``, the mean.
    """

    rows: int
    damaged: int
    damaged_at: list[Place]
    origin: np.ndarray
    frozen: np.ndarray
    frozen_seconds: float
    frozen_at: list[Place]
    repeated: float
    repeated_at: list[Place]
    origin_in: list[Place]
    pairs: dict[str, float]
    pairs_in: list[Place]
    unseen: np.ndarray | None
    unsure: np.ndarray | None
    confidence: np.ndarray | None


class Missing:
    """Looks for joints that were not seen.

    Args:
        seconds: a joint that does not move at all for so long is *frozen*: no sensor is that steady, but software that
            repeats the last known place is.
    """

    def __init__(self, store: SkeletonStore, seconds: float = 1.0) -> None:
        self.store, self.seconds = store, seconds
        self.fps = float(store.meta.get("fps", 30.0))
        self.frames = max(2, round(min(seconds * self.fps, 2**53)))
        joints = store.topology.num_joints
        self.rows = self.damaged = 0
        self.damaged_at: list[np.ndarray] = []
        self.origin = np.zeros(joints, np.int64)
        self.rest = np.zeros(joints + 1, np.int64)  # the last stands for all joints together
        self.frozen_at, self.repeated_at = Largest(), Largest()
        self.equal = np.zeros((joints, joints), np.int64)
        self.origin_in, self.equal_in = np.zeros((2, store.num_clips), np.int64)
        self.confidence = np.zeros((3, joints), np.int64)
        # No two places in one skeleton have the same sum, unless by chance; what has is compared as it is.
        self.weights = np.array([1.0, np.e, np.pi], np.float32)[: store.topology.dim]

    def add(self, chunk: Chunk) -> None:
        """Take the next clips."""
        self.rows += len(chunk.frame)
        self.damaged += len(chunk.damaged)
        if len(chunk.damaged) and sum(map(len, self.damaged_at)) < 3:
            self.damaged_at.append(chunk.damaged[:3])
        if not len(chunk.frame):
            return
        at_origin = (chunk.joints == 0).all(axis=0)
        self.origin += at_origin.sum(axis=1)
        # The joint that a body was centred on is there by intent.
        odd = at_origin & ~at_origin.all(axis=1)[:, None]
        if odd.any():
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
        """Runs of frames without any motion, of each joint and of the whole body."""
        resting = np.zeros((len(self.rest), len(chunk.frame) + 1), bool)  # between two columns of False
        resting[:-1, 1:-1] = (chunk.moved == 0) & chunk.next_frame
        if not resting.any():
            return
        resting[-1] = resting[:-1].all(axis=0)
        flat = resting.ravel()
        ends = np.flatnonzero(flat[1:] != flat[:-1])  # a run is from one of these to the next
        start, frames = ends[::2], ends[1::2] - ends[::2] + 1
        long = frames >= self.frames
        joint, row = np.divmod(start[long], resting.shape[1])
        frames = frames[long]
        self.rest += np.bincount(joint, weights=frames, minlength=len(self.rest)).astype(np.int64)
        track, frame, seconds = chunk.tracks[chunk.body[row]], chunk.frame[row], frames / self.fps
        whole = joint == len(self.rest) - 1
        self.repeated_at.add(seconds[whole], track[whole], frame[whole], joint[whole])
        # Where the whole body rests, so does every joint: that is said once, of the body.
        bodies = set(zip(track[whole].tolist(), frame[whole].tolist(), frames[whole].tolist(), strict=True))
        own = np.array(
            [place not in bodies for place in zip(track.tolist(), frame.tolist(), frames.tolist(), strict=True)], bool
        )
        own &= ~whole
        self.frozen_at.add(seconds[own], track[own], frame[own], joint[own])

    def _add_pairs(self, chunk: Chunk, at_origin: np.ndarray) -> None:
        """Joints at the same place; those at the origin are counted by themselves."""
        # Term by term, so that equal places have equal sums: a matrix product may round them differently.
        key = sum(weight * axis for weight, axis in zip(self.weights, chunk.joints, strict=True))
        key = np.ascontiguousarray(key.T)  # [n, V]
        ranked = np.sort(key, axis=1)
        rows = np.flatnonzero((ranked[:, 1:] == ranked[:, :-1]).any(axis=1))
        if not len(rows):
            return
        order = np.argsort(key[rows], axis=1, kind="stable")
        first, second = order[:, :-1], order[:, 1:]
        at, place = (key[rows[:, None], first] == key[rows[:, None], second]).nonzero()
        row, first, second = rows[at], first[at, place], second[at, place]
        same = (chunk.joints[:, first, row] == chunk.joints[:, second, row]).all(axis=0) & ~at_origin[first, row]
        np.add.at(self.equal, (first[same], second[same]), 1)
        self.equal_in += self._by_clip(chunk, np.bincount(row[same], minlength=len(chunk.frame)))

    def _by_clip(self, chunk: Chunk, counts: np.ndarray) -> np.ndarray:
        """Sums over the rows of each clip ``[N]``."""
        return np.bincount(chunk.clips[chunk.body], weights=counts, minlength=self.store.num_clips).astype(np.int64)

    def result(self) -> MissingFigures:
        """What was found."""
        names, rows = self.store.topology.joints, max(self.rows, 1)
        first, second = self.equal.nonzero()
        order = np.argsort(-self.equal[first, second], kind="stable")
        pairs = {
            f"{names[a]} = {names[b]}": float(self.equal[a, b] / rows)
            for a, b in zip(first[order], second[order], strict=True)
        }
        unseen, unsure, mean = self.confidence / rows if self.store.has_confidence else (None,) * 3
        damaged = Largest()
        if self.damaged_at:
            where = np.concatenate(self.damaged_at)
            damaged.add(np.zeros(len(where)), *where.T)
        return MissingFigures(
            rows=self.rows,
            damaged=self.damaged,
            damaged_at=damaged.places(self.store, lambda joint: names[joint]),
            origin=self.origin / rows,
            frozen=(self.rest[:-1] - self.rest[-1]) / rows,
            frozen_seconds=self.seconds,
            frozen_at=self.frozen_at.places(self.store, lambda joint: names[joint]),
            repeated=float(self.rest[-1] / rows),
            repeated_at=self.repeated_at.places(self.store, lambda _: None),
            origin_in=worst_clips(self.store, self.origin_in),
            pairs=pairs,
            pairs_in=worst_clips(self.store, self.equal_in),
            unseen=unseen,
            unsure=unsure,
            confidence=None if mean is None else mean / 255,
        )
