"""Interpolation of joints that a tracker lost."""

from __future__ import annotations

import numpy as np
import torch

from skgraph.data.missing_joints import bone_distance, interpolate_unseen
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
    given = torch.from_numpy(np.where(seen[..., None], joints, 0)).double()
    filled = interpolate_unseen(given, torch.from_numpy(np.array(seen)), bone_distance(topology)).numpy()
    return np.where(frame_mask[..., None, None], filled, 0).astype(joints.dtype), frame_mask
