"""The frames of a store, a few clips at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skgraph.data import SkeletonStore

# Frames of 25 joints that, with what is computed from them, stay in a processor's cache.
_ROWS = 16384


@dataclass(frozen=True)
class Chunk:
    """Consecutive clips of a store: one *row* for every frame in which a body is there, body after body.

    Coordinates come joint by joint, ``[C, V, n]``, so that whatever is computed of all rows runs over long vectors.

    Args:
        tracks: ids of the bodies ``[k]``, such as have a row.
        clips: their clips ``[k]``.
        start: ``[k + 1]``; the rows of body ``i`` are ``start[i] .. start[i + 1] - 1``.
        frame: of its clip, of each row ``[n]``.
        joints: ``[C, V, n]`` float32, finite.
        confidence: ``[V, n]`` uint8, 255 for certain; ``None`` where the store has none.
        damaged: (body id, frame, joint) of each joint that is not finite ``[b, 3]``; its row is left out.
        num_clips: clips that were read.
    """

    tracks: np.ndarray
    clips: np.ndarray
    start: np.ndarray
    frame: np.ndarray
    joints: np.ndarray
    confidence: np.ndarray | None
    damaged: np.ndarray
    num_clips: int

    @cached_property
    def rows(self) -> np.ndarray:
        """Number of rows of each body ``[k]``."""
        return np.diff(self.start)

    @cached_property
    def body(self) -> np.ndarray:
        """Which body of the chunk each row is of, ``[n]`` in 0 .. k - 1."""
        return np.repeat(np.arange(len(self.tracks)), self.rows)

    @cached_property
    def same_body(self) -> np.ndarray:
        """``[n - 1]`` bool, whether the next row is of the same body."""
        same = np.ones(max(len(self.frame) - 1, 0), bool)
        same[self.start[1:-1] - 1] = False
        return same

    @cached_property
    def next_frame(self) -> np.ndarray:
        """``[n - 1]`` bool, whether the next row is the next frame of the same body."""
        return self.same_body & (np.diff(self.frame) == 1)

    @cached_property
    def moved(self) -> np.ndarray:
        """``[V, n - 1]``, how far each joint is in the next row, squared."""
        step = self.joints[:, :, 1:] - self.joints[:, :, :-1]
        return np.einsum("cvn,cvn->vn", step, step)

    @cached_property
    def heights(self) -> np.ndarray:
        """Size of each body ``[k]``: its largest extent along an axis, the median over its frames."""
        extent = (self.joints.max(axis=1) - self.joints.min(axis=1)).max(axis=0)
        extent = extent[np.lexsort((extent, self.body))]
        low, high = self.start[:-1] + (self.rows - 1) // 2, self.start[:-1] + self.rows // 2
        return (extent[low] + extent[high]) / 2


def chunks(store: SkeletonStore, rows: int = _ROWS) -> Iterator[Chunk]:
    """All clips of a store in order, in chunks of at most so many rows, or of a single longer clip."""
    pointer = store.body_ptr.numpy()
    before = np.concatenate([[0], np.cumsum(store.track_length.numpy())])[pointer]
    first = 0
    while first < store.num_clips:
        last = max(int(np.searchsorted(before, before[first] + rows, side="right")) - 1, first + 1)
        yield _chunk(store, first, last)
        first = last


def _chunk(store: SkeletonStore, first: int, last: int) -> Chunk:
    tracks = slice(int(store.body_ptr[first]), int(store.body_ptr[last]))
    frames, present, confidence = store.read_tracks(tracks.start, tracks.stop)
    length = store.track_length[tracks].numpy()
    body = np.repeat(np.arange(len(length)), length)
    frame = np.arange(len(body)) + np.repeat(store.track_first[tracks].numpy() - (np.cumsum(length) - length), length)
    if not present.all():
        frames, body, frame = frames[present], body[present], frame[present]
        confidence = None if confidence is None else confidence[present]
    joints = np.ascontiguousarray(frames.transpose(2, 1, 0), dtype=np.float32)
    damaged = np.zeros((0, 3), np.int64)
    suspects = np.flatnonzero(~np.isfinite(joints.sum(axis=(0, 1))))
    if len(suspects):  # finite numbers may add up to more than there is, so it is looked at them one by one
        bad = ~np.isfinite(joints[:, :, suspects]).all(axis=0)
        joint, row = bad.nonzero()
        damaged = np.stack([tracks.start + body[suspects[row]], frame[suspects[row]], joint], axis=1)
        good = np.ones(len(body), bool)
        good[suspects[bad.any(axis=0)]] = False
        joints, body, frame = joints[:, :, good], body[good], frame[good]
        confidence = None if confidence is None else confidence[good]
    present_bodies, rows = np.unique(body, return_counts=True)
    ids = tracks.start + present_bodies
    return Chunk(
        ids,
        store.track_clip[ids].numpy(),
        np.concatenate([[0], np.cumsum(rows)]),
        frame,
        joints,
        None if confidence is None else np.ascontiguousarray(confidence.T),
        damaged,
        last - first,
    )
