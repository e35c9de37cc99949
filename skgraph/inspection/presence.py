"""When bodies are there: late, early, with gaps, or nobody at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import Largest, Place, worst_clips


@dataclass(frozen=True)
class PresenceFigures:
    """Lengths of the clips, and who is there in them.

    Args:
        frames: in all clips together.
        seconds: length of each clip ``[N]``.
        bodies: number of clips with 1, 2, ... bodies.
        late, early: bodies that appear after the first frame, and that leave before the last.
        gaps: times a body leaves and returns.
        gap_bodies: bodies with a gap.
        gap_frames: frames in the gaps.
        longest_gaps: the frame after which each begins, and its frames.
        empty_frames: frames in which nobody is there.
        emptiest: clips with the largest share of such frames.
        shortest, longest: a clip of each kind, in frames.
    """

    frames: int
    seconds: np.ndarray
    bodies: list[int]
    late: int
    early: int
    gaps: int
    gap_bodies: int
    gap_frames: int
    longest_gaps: list[Place]
    empty_frames: int
    emptiest: list[Place]
    shortest: Place
    longest: Place


class Presence:
    """Measures where bodies are absent."""

    def __init__(self, store: SkeletonStore) -> None:
        self.store = store
        self.occupied = np.zeros(store.num_clips, np.int64)
        self.gaps = self.gap_bodies = self.gap_frames = 0
        self.longest = Largest()

    def add(self, chunk: Chunk) -> None:
        """Take the next clips."""
        if not len(chunk.frame):
            return
        step = np.diff(chunk.frame)
        before = np.flatnonzero(chunk.same_body & (step > 1))
        self.gaps += len(before)
        self.gap_bodies += len(np.unique(chunk.body[before]))
        self.gap_frames += int((step[before] - 1).sum())
        self.longest.add(
            step[before] - 1, chunk.tracks[chunk.body[before]], chunk.frame[before], np.zeros(len(before), np.int64)
        )
        # A frame counts once, however many bodies are in it.
        clip = chunk.clips[chunk.body]
        order = np.lexsort((chunk.frame, clip))
        clip, frame = clip[order], chunk.frame[order]
        first = np.concatenate([[True], (np.diff(clip) > 0) | (np.diff(frame) > 0)])
        self.occupied += np.bincount(clip[first], minlength=len(self.occupied))

    def result(self) -> PresenceFigures:
        """What was measured."""
        store, length = self.store, self.store.length.numpy()
        clip = store.track_clip.numpy()
        end = (store.track_first + store.track_length).numpy()
        empty = length - self.occupied
        names = store.name
        return PresenceFigures(
            frames=int(length.sum()),
            seconds=length / store.meta.get("fps", 30.0),
            bodies=np.bincount(store.body_ptr.diff().numpy())[1:].tolist(),
            late=int((store.track_first > 0).sum()),
            early=int((end < length[clip]).sum()),
            gaps=self.gaps,
            gap_bodies=self.gap_bodies,
            gap_frames=self.gap_frames,
            longest_gaps=self.longest.places(store, lambda _: None),
            empty_frames=int(empty.sum()),
            emptiest=worst_clips(store, empty / np.maximum(length, 1)),
            shortest=Place(str(names[length.argmin()]), int(length.min())),
            longest=Place(str(names[length.argmax()]), int(length.max())),
        )
