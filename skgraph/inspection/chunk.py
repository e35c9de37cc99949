"""Frames of a store, read a few clips at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skgraph.data import SkeletonStore

# Frames of 25 joints that stay in a processor's cache together with intermediate results.
_ROWS = 16384


@dataclass(frozen=True)
class Chunk:
    """Consecutive clips of a store, with one row for each frame in which a body is present, body after body.

    Coordinates are stored joint by joint, ``[C, V, n]``, so that NumPy runs over long vectors.

    Args:
        tracks: ids of the bodies with at least one row ``[k]``.
        clips: clip of each body ``[k]``.
        start: ``[k + 1]``; the rows of body ``i`` are ``start[i] .. start[i + 1] - 1``.
        frame: frame of the clip, for each row ``[n]``.
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
        """Body of each row, ``[n]`` in 0 .. k - 1."""
        return np.repeat(np.arange(len(self.tracks)), self.rows)

    @cached_property
    def same_body(self) -> np.ndarray:
        """Mask ``[n - 1]`` of the rows followed by a row of the same body."""
        same = np.ones(max(len(self.frame) - 1, 0), bool)
        same[self.start[1:-1] - 1] = False
        return same

    @cached_property
    def next_frame(self) -> np.ndarray:
        """Mask ``[n - 1]`` of the rows followed by the next frame of the same body."""
        return self.same_body & (np.diff(self.frame) == 1)

    @cached_property
    def squared_steps(self) -> np.ndarray:
        """Squared distance of each joint to the next row, ``[V, n - 1]``."""
        step = self.joints[:, :, 1:] - self.joints[:, :, :-1]
        return np.einsum("cvn,cvn->vn", step, step)

    @cached_property
    def heights(self) -> np.ndarray:
        """Size of each body ``[k]``: median over its frames of its largest extent along an axis."""
        extent = (self.joints.max(axis=1) - self.joints.min(axis=1)).max(axis=0)
        extent = extent[np.lexsort((extent, self.body))]
        low, high = self.start[:-1] + (self.rows - 1) // 2, self.start[:-1] + self.rows // 2
        return (extent[low] + extent[high]) / 2


def chunks(store: SkeletonStore, rows: int = _ROWS) -> Iterator[Chunk]:
    """Read all clips of a store in order, in chunks of at most ``rows`` rows or of a single longer clip."""
    pointer = store.body_ptr.numpy()
    before = np.concatenate([[0], np.cumsum(store.track_length.numpy())])[pointer]
    first = 0
    while first < store.num_clips:
        last = max(int(np.searchsorted(before, before[first] + rows, side="right")) - 1, first + 1)
        yield _read_chunk(store, first, last)
        first = last


def _read_chunk(store: SkeletonStore, first: int, last: int) -> Chunk:
    tracks = slice(int(store.body_ptr[first]), int(store.body_ptr[last]))
    frames, present, confidence = store.read_tracks(tracks.start, tracks.stop)
    length = store.track_length[tracks].numpy()
    track = np.repeat(np.arange(tracks.start, tracks.stop), length)
    frame = np.arange(len(track)) + np.repeat(store.track_first[tracks].numpy() - (np.cumsum(length) - length), length)
    joints = np.ascontiguousarray(frames.transpose(2, 1, 0), dtype=np.float32)
    finite = np.isfinite(joints).all(axis=0) | ~present  # [V, n]
    row, joint = (~finite.T).nonzero()
    damaged = np.stack([track[row], frame[row], joint], axis=1)
    kept = present & finite.all(axis=0)
    if not kept.all():
        joints, track, frame = joints[:, :, kept], track[kept], frame[kept]
        confidence = None if confidence is None else confidence[kept]
    ids, rows = np.unique(track, return_counts=True)
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
