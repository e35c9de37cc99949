"""Checks of a clip that enters a store."""

from __future__ import annotations

import numpy as np

from skgraph.errors import StoreError
from skgraph.topology import Topology


def check_shape(joints: np.ndarray, topology: Topology, name: str) -> None:
    """Raise a StoreError unless joints are ``[M, T, V, C]`` of a topology."""
    expected = (topology.num_joints, topology.dim)
    if joints.ndim != 4 or joints.shape[2:] != expected:
        raise StoreError(
            f"clip '{name}': expected joints [M, T, {expected[0]}, {expected[1]}] for topology "
            f"'{topology.name}', found {list(joints.shape)}"
        )


def as_stored(joints: np.ndarray, present: np.ndarray, dtype: np.dtype, topology: Topology, name: str) -> np.ndarray:
    """Convert joints ``[M, T, V, C]`` to the store's dtype.

    Raises:
        StoreError: a number of a present body is not finite, or too large for that dtype.
    """
    with np.errstate(over="ignore"):
        stored = joints.astype(dtype)
    bad = ~np.isfinite(stored) & present[:, :, None, None]
    if bad.any():
        body, frame, joint, _ = np.argwhere(bad)[0]
        raise StoreError(
            f"clip '{name}': body {body}, frame {frame}, joint '{topology.joints[joint]}' is "
            f"{joints[body, frame, joint].tolist()}, expected finite {dtype} numbers"
        )
    return stored


def checked_confidence(confidence: np.ndarray, present: np.ndarray, topology: Topology, name: str) -> np.ndarray:
    """Convert confidence to uint8 ``[M, T, V]``, 255 for 1."""
    expected = (*present.shape, topology.num_joints)
    if confidence.shape != expected:
        raise StoreError(f"clip '{name}': confidence must be {list(expected)}, found {list(confidence.shape)}")
    good = (confidence >= 0) & (confidence <= 1)  # not of NaN
    if not good[present].all():
        body, frame, joint = np.argwhere(~good & present[..., None])[0]
        raise StoreError(
            f"clip '{name}': body {body}, frame {frame}, joint '{topology.joints[joint]}' has the confidence "
            f"{confidence[body, frame, joint]}, expected 0 to 1"
        )
    return np.rint(255 * np.where(good, confidence, 0)).astype(np.uint8)


def checked_segments(segments: np.ndarray, classes: int, frames: int, name: str) -> np.ndarray:
    """Convert the segments of a clip to int64 ``[S, 3]``."""
    if segments.shape == (0,):
        return np.zeros((0, 3), np.int64)
    if segments.ndim != 2 or segments.shape[1] != 3 or segments.dtype.kind not in "iu":
        raise StoreError(
            f"clip '{name}': segments must be integers [S, 3] (label, start, end), found {segments.dtype} "
            f"{list(segments.shape)}"
        )
    segments = segments.astype(np.int64)
    label, start, end = segments.T
    for good, expected in (
        ((label >= 0) & (label < classes), f"a label 0 .. {classes - 1}"),
        ((start >= 0) & (start < end) & (end <= frames), f"0 <= start < end <= {frames}, its frames"),
    ):
        if not good.all():
            i = int(np.argmin(good))
            raise StoreError(
                f"clip '{name}': segment {i} is (label {label[i]}, start {start[i]}, end {end[i]}), expected {expected}"
            )
    return segments
