"""Lengths of clips, and frames from which bodies are absent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import LargestValues, Location, worst_clips


@dataclass(frozen=True)
class PresenceStatistics:
    """Lengths of the clips, and presence of bodies in them.

    Args:
        frames: frames of all clips together.
        seconds: length of each clip ``[N]``.
        bodies: number of clips with 1, 2, ... bodies.
        late, early: number of bodies that appear after the first frame, that leave before the last.
        gaps: number of times that a body leaves and returns.
        gap_bodies: bodies with a gap.
        gap_frames: frames in the gaps.
        longest_gaps: frame before each gap; its value is the length in frames.
        empty_frames: frames without any body.
        emptiest: clips with the largest share of empty frames.
        shortest, longest: clips with the fewest and the most frames.
    """

    frames: int
    seconds: np.ndarray
    bodies: list[int]
    late: int
    early: int
    gaps: int
    gap_bodies: int
    gap_frames: int
    longest_gaps: list[Location]
    empty_frames: int
    emptiest: list[Location]
    shortest: Location
    longest: Location


class PresenceCounter:
    """Counts gaps and empty frames."""

    def __init__(self, store: SkeletonStore) -> None:
        self.store = store
        self.occupied = np.zeros(store.num_clips, np.int64)
        self.gaps = self.gap_bodies = self.gap_frames = 0
        self.longest = LargestValues()

    def add(self, chunk: Chunk) -> None:
        """Add the next clips."""
        if not len(chunk.frame):
            return
        missing = np.diff(chunk.frame) - 1
        before = np.flatnonzero(chunk.same_body & (missing > 0))
        missing, body = missing[before], chunk.body[before]
        self.gaps += len(before)
        self.gap_bodies += len(np.unique(body))
        self.gap_frames += int(missing.sum())
        self.longest.add(missing, chunk.tracks[body], chunk.frame[before], np.zeros_like(before))
        # A frame counts once, however many bodies it has.
        occupied = np.unique(np.stack([chunk.clips[chunk.body], chunk.frame]), axis=1)
        self.occupied += np.bincount(occupied[0], minlength=len(self.occupied))

    def result(self) -> PresenceStatistics:
        """Return the statistics of all added clips."""
        store, length = self.store, self.store.length.numpy()
        end = (store.track_first + store.track_length).numpy()
        empty = length - self.occupied
        return PresenceStatistics(
            frames=int(length.sum()),
            seconds=length / store.meta.get("fps", 30.0),
            bodies=np.bincount(store.body_ptr.diff().numpy())[1:].tolist(),
            late=int((store.track_first > 0).sum()),
            early=int((end < length[store.track_clip.numpy()]).sum()),
            gaps=self.gaps,
            gap_bodies=self.gap_bodies,
            gap_frames=self.gap_frames,
            longest_gaps=self.longest.locations(store),
            empty_frames=int(empty.sum()),
            emptiest=worst_clips(store, empty / np.maximum(length, 1)),
            shortest=Location(str(store.name[length.argmin()]), int(length.min())),
            longest=Location(str(store.name[length.argmax()]), int(length.max())),
        )
