"""Interpolation of joints that a tracker lost."""

from __future__ import annotations

import numpy as np

from skgraph.topology import Topology


def fill_missing(joints: np.ndarray, seen: np.ndarray, topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate the joints that were not seen.

    A joint is interpolated linearly between the frames in which it was seen, and constant before the first and after
    the last. A joint that was never seen takes the position of the nearest seen joint along the bones, preferably of
    its parent. A body without any seen joint in a frame is absent, and nothing is filled in.

    Args:
        joints: `[M, T, V, C]`, arbitrary (also NaN) where not seen.
        seen: `[M, T, V]` bool.
        topology: the skeleton, for its bones.

    Returns:
        `joints [M, T, V, C]`, zero where a body is absent, and `frame_mask [M, T]` bool.
    """
    frame_mask = np.any(seen, axis=2)
    filled = np.where(seen[..., None], joints, 0)
    for body in range(len(joints)):
        there, ever = np.flatnonzero(frame_mask[body]), seen[body].any(axis=0)
        for joint in np.flatnonzero(ever & ~seen[body, there].all(axis=0)):
            known = np.flatnonzero(seen[body, :, joint])
            for axis in range(joints.shape[3]):
                filled[body, there, joint, axis] = np.interp(there, known, joints[body, known, joint, axis])
        for joint in np.flatnonzero(~ever):
            hops = topology.hops[joint].numpy() * 2
            if joint != topology.root:
                hops[topology.parents[joint]] -= 1
            filled[body, there, joint] = filled[body, there, np.where(ever, hops, np.inf).argmin()]
    return filled, frame_mask
