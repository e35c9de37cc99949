"""Sizes of bodies, and mean and variation of their bone lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.data.body_geometry import STRETCHED, bone_lengths
from skgraph.inspection.chunk import Chunk
from skgraph.inspection.location import LargestValues, Location, body_location


@dataclass(frozen=True)
class BodyStatistics:
    """Sizes of bodies and lengths of bones.

    The variation of a bone in a body is the standard deviation of its length over its mean.

    Args:
        heights: size of each body that is present ``[n]``: median over its frames of its largest extent along an axis.
        smallest, largest: locations of the smallest and the largest body.
        bones: names of the joints at the ends of each bone.
        length: mean length of each bone ``[E]``, median over bodies; NaN where no body has one.
        variation, variation_95: variation of each bone ``[E]``, median and 95th percentile over bodies.
        typical: median over bodies of the median over bones of the variation.
        worst: bones with the largest variation.
        stretched: bodies with a bone whose variation is above ``STRETCHED``.
    """

    heights: np.ndarray
    smallest: Location | None
    largest: Location | None
    bones: list[str]
    length: np.ndarray
    variation: np.ndarray
    variation_95: np.ndarray
    typical: float
    worst: list[Location]
    stretched: int


class BodyMeasurement:
    """Measures bodies and their bones."""

    def __init__(self, store: SkeletonStore) -> None:
        self.store = store
        tracks, bones = len(store.track_row), len(store.topology.edges)
        self.heights = np.full(tracks, np.nan, np.float32)
        self.length = np.full((tracks, bones), np.nan, np.float32)
        self.variation = np.full((tracks, bones), np.nan, np.float32)
        self.worst = LargestValues()

    def add(self, chunk: Chunk) -> None:
        """Add the next clips."""
        if not len(chunk.tracks):
            return
        self.heights[chunk.tracks] = chunk.heights
        measured = bone_lengths(chunk.joints, chunk.start[:-1], self.store.topology)
        length, variation = (np.where(np.isfinite(values), values, np.nan) for values in measured)
        self.length[chunk.tracks], self.variation[chunk.tracks] = length, variation
        body, bone = (variation > 0).nonzero()
        self.worst.add(variation[body, bone], chunk.tracks[body], np.full(len(body), -1), bone)

    def result(self) -> BodyStatistics:
        """Return the statistics of all added clips."""
        store, names = self.store, self.store.topology.joints
        bones = [f"{names[parent]} - {names[child]}" for parent, child in store.topology.edges.tolist()]
        present = np.flatnonzero(np.isfinite(self.heights))
        heights = self.heights[present].astype(np.float64)
        ends = (heights.argmin(), heights.argmax()) if len(heights) else ()
        smallest, largest = [body_location(store, int(present[i]), float(heights[i])) for i in ends] or (None, None)
        varying = ~np.isnan(self.variation).all(axis=1)
        typical = np.median(np.nanmedian(self.variation[varying], axis=1)) if varying.any() else np.nan
        return BodyStatistics(
            heights=heights,
            smallest=smallest,
            largest=largest,
            bones=bones,
            length=_quantile(self.length, 0.5),
            variation=_quantile(self.variation, 0.5),
            variation_95=_quantile(self.variation, 0.95),
            typical=float(typical),
            worst=self.worst.locations(store, bones),
            stretched=int((np.nan_to_num(self.variation) > STRETCHED).any(axis=1).sum()),
        )


def _quantile(values: np.ndarray, q: float) -> np.ndarray:
    """Return the quantile over bodies of each bone ``[E]``, leaving out NaN."""
    columns = (column[~np.isnan(column)] for column in values.T)
    return np.array([np.quantile(column, q) if len(column) else np.nan for column in columns])
