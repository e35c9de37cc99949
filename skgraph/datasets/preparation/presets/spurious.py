"""Bodies that are none: what a tracker takes for a person for a moment, or in a piece of furniture."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Track

# The thresholds that the field uses on NTU RGB+D (recipes of SGN, CTR-GCN, MAMP and PYSKL).
SHORTEST = 12
FLAT, FLAT_PART = 0.8, 0.69754


def is_short(track: Track) -> bool:
    """Whether a body is there for fewer than 12 frames."""
    return len(track) < SHORTEST


def is_flat(track: Track) -> bool:
    """Whether a body is in 69.754 % of its frames or more wider than 0.8 of its height: a table, not a person."""
    extent = np.ptp(track.joints, axis=1)
    return bool((extent[:, 0] > FLAT * extent[:, 1]).mean() >= FLAT_PART)


def without_spurious(tracks: list[Track]) -> list[Track]:
    """Of several bodies, those that are neither short nor flat; a filter that would leave nobody is not applied."""
    for spurious in (is_short, is_flat):
        if len(tracks) > 1:
            tracks = [track for track in tracks if not spurious(track)] or tracks
    return tracks


def motion(track: Track) -> float:
    """How much a body moves: the variance of its joints' positions over joints and frames, summed over x, y, z."""
    return float(track.joints.reshape(-1, 3).var(axis=0).sum())
