"""Sizes of bodies and lengths of their bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.data.bone_lengths import bone_lengths
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import Largest, Place


@dataclass(frozen=True)
class BodyFigures:
    """How large bodies are, and how much their bones stretch.

    Args:
        heights: of each body that has a size ``[n]``: the largest extent along an axis, the median over its frames.
        smallest, largest: a body of each kind.
        bones: names of the bones, the joints at their ends.
        length: of each bone ``[E]``, the median over the bodies of its mean length; NaN where no body has one.
        variation: of each bone ``[E]``, the median over the bodies of the standard deviation over the mean length.
        variation_95: likewise, what 95 per cent of the bodies have at most.
        typical: median over bodies of the median over bones.
        worst: the bones that vary most.
        stretched: bodies with a bone whose standard deviation is more than half of its length.
    """

    heights: np.ndarray
    smallest: Place | None
    largest: Place | None
    bones: list[str]
    length: np.ndarray
    variation: np.ndarray
    variation_95: np.ndarray
    typical: float
    worst: list[Place]
    stretched: int


STRETCHED = 0.5


class Bodies:
    """Measures bodies and their bones."""

    def __init__(self, store: SkeletonStore) -> None:
        self.store = store
        tracks, bones = len(store.track_row), len(store.topology.edges)
        self.heights = np.full(tracks, np.nan, np.float32)
        self.length = np.full((tracks, bones), np.nan, np.float32)
        self.variation = np.full((tracks, bones), np.nan, np.float32)
        self.worst = Largest()

    def add(self, chunk: Chunk) -> None:
        """Take the next clips."""
        if not len(chunk.tracks):
            return
        self.heights[chunk.tracks] = chunk.heights
        length, variation = bone_lengths(chunk.joints, chunk.start[:-1], self.store.topology)
        length[~np.isfinite(length)] = np.nan
        variation[~np.isfinite(variation)] = np.nan
        self.length[chunk.tracks], self.variation[chunk.tracks] = length, variation
        body, bone = (variation > 0).nonzero()
        self.worst.add(variation[body, bone], chunk.tracks[body], np.full(len(body), -1), bone)

    def result(self) -> BodyFigures:
        """What was measured."""
        store, names = self.store, self.store.topology.joints
        bones = [f"{names[parent]} - {names[child]}" for parent, child in store.topology.edges.tolist()]
        known = np.flatnonzero(np.isfinite(self.heights))
        ends = [known[f(self.heights[known])] for f in (np.argmin, np.argmax)] if len(known) else []
        smallest, largest = [self._body(int(track)) for track in ends] or (None, None)
        varying = ~np.isnan(self.variation).all(axis=1)
        typical = np.median(np.nanmedian(self.variation[varying], axis=1)) if varying.any() else np.nan
        return BodyFigures(
            heights=self.heights[known].astype(np.float64),
            smallest=smallest,
            largest=largest,
            bones=bones,
            length=_quantile(self.length, 0.5),
            variation=_quantile(self.variation, 0.5),
            variation_95=_quantile(self.variation, 0.95),
            typical=float(typical),
            worst=self.worst.places(store, lambda bone: bones[bone]),
            stretched=int((np.nan_to_num(self.variation) > STRETCHED).any(axis=1).sum()),
        )

    def _body(self, track: int) -> Place:
        clip = int(self.store.track_clip[track])
        number = track - int(self.store.body_ptr[clip])
        return Place(str(self.store.name[clip]), float(self.heights[track]), number)


def _quantile(values: np.ndarray, q: float) -> np.ndarray:
    """Quantile over the bodies of each bone ``[E]``, of those that are known."""
    columns = (column[~np.isnan(column)] for column in values.T)
    return np.array([np.quantile(column, q) if len(column) else np.nan for column in columns])
