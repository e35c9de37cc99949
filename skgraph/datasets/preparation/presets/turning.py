"""Turns a scene so that the first body stands along the axes, as 2s-AGCN and PYSKL do."""

from __future__ import annotations

import numpy as np

# SpineBase and SpineMid; the right and the left shoulder.
_BOTTOM, _TOP, _RIGHT, _LEFT = 0, 1, 8, 4


def turned(joints: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Turn all bodies so that the first one's spine is along z and its shoulders are along x, in its first frame.

    Args:
        joints: `[M, T, V, 3]`; the first body is there in the first frame.
        there: `[M, T]` bool; absent frames stay as they are.

    Returns:
        `[M, T, V, 3]`, with z up.
    """
    for start, end, axis in ((_BOTTOM, _TOP, (0.0, 0.0, 1.0)), (_LEFT, _RIGHT, (1.0, 0.0, 0.0))):
        direction = joints[0, 0, end] - joints[0, 0, start]
        joints = np.where(there[..., None, None], joints @ rotation(direction, np.array(axis)).T, joints)
    return joints


def rotation(direction: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The rotation `[3, 3]` by the smallest angle that takes a direction to an axis of length 1 (Rodrigues).

    The identity where the direction has no length, or is the axis already; where it is opposite, no plane is
    distinguished and the identity is as good as any.
    """
    normal, cosine = np.cross(direction, axis), float(direction @ axis)
    length = float(np.linalg.norm(direction))
    sine = float(np.linalg.norm(normal))
    if sine < 1e-9 * max(length, 1e-9):
        return np.eye(3)
    x, y, z = normal / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + sine / length * cross + (1 - cosine / length) * cross @ cross
