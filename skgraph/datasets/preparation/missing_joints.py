"""Joints that a tracker lost get a place, so that a network never sees a hole as a position."""

from __future__ import annotations

import numpy as np

from skgraph.topology import Topology


def fill_missing(joints: np.ndarray, seen: np.ndarray, topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    """Place the joints that were not seen, from those that were.

    A joint moves on a straight line between the frames of its body in which it was seen, and rests before the first and
    after the last. One that was never seen is where the nearest along the bones is that was, its parent before others.
    A body of which nothing is seen in a frame is not there, and nothing is filled in.

    Args:
        joints: `[M, T, V, C]`; what it holds where nothing was seen does not count, and may be NaN.
        seen: `[M, T, V]` bool.
        topology: the skeleton, for its neighbours.

    Returns:
        `joints [M, T, V, C]`, zero where a body is not there, and `frame_mask [M, T]` bool.
    """
    frame_mask = seen.any(axis=2)
    filled = np.where(seen[..., None], joints, 0)
    time = np.arange(joints.shape[1])
    for body in range(len(joints)):
        there = np.flatnonzero(frame_mask[body])
        if not len(there) or seen[body, there].all():
            continue
        ever = seen[body].any(axis=0)
        for joint in np.flatnonzero(ever & ~seen[body, there].all(axis=0)):
            known = np.flatnonzero(seen[body, :, joint])
            for axis in range(joints.shape[3]):
                filled[body, there, joint, axis] = np.interp(there, time[known], joints[body, known, joint, axis])
        for joint in np.flatnonzero(~ever):
            hops = topology.hops[joint].numpy() * 2
            if joint != topology.root:
                hops[topology.parents[joint]] -= 1
            nearest = int(np.argmin(np.where(ever, hops, np.inf)))
            filled[body, there, joint] = filled[body, there, nearest]
    return filled.astype(joints.dtype), frame_mask
