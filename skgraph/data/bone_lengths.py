"""Mean and variation of bone lengths."""

from __future__ import annotations

import numpy as np

from skgraph.topology import Topology


def bone_lengths(joints: np.ndarray, start: np.ndarray, topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and coefficient of variation (standard deviation / mean) of every bone length of every body.

    Tracked skeletons vary by a few percent; much more means broken tracking or joints in a wrong order.

    Args:
        joints: `[C, V, n]`, frames of all bodies one after the other, without frames in which a body is absent.
        start: first frame of each body `[k]`, rising from 0.
        topology: gives the bones.

    Returns:
        Means and variations, `[k, E]` float64. The variation of a bone of length 0 (two joints that the sensor reports
        as one) is NaN.
    """
    parent, child = topology.edges.T.numpy()
    frames = np.diff(start, append=joints.shape[2])
    with np.errstate(over="ignore", invalid="ignore"):  # coordinates of 1e30 have no finite lengths
        bones = joints[:, child] - joints[:, parent]
        lengths = np.sqrt(np.einsum("cen,cen->en", bones, bones))
        mean = np.add.reduceat(lengths, start, axis=1, dtype=np.float64) / frames
        lengths -= np.repeat(mean.astype(lengths.dtype), frames, axis=1)
        deviation = np.sqrt(np.add.reduceat(np.square(lengths, out=lengths), start, axis=1, dtype=np.float64) / frames)
        variation = np.where(mean > 0, deviation / np.where(mean > 0, mean, 1), np.nan)
    return mean.T, variation.T
