"""Alignment of a scene with the axes of the first body, as in 2s-AGCN and PYSKL."""

from __future__ import annotations

import numpy as np

# SpineBase and SpineMid; the right and the left shoulder.
_BOTTOM, _TOP, _RIGHT, _LEFT = 0, 1, 8, 4


def align_to_first_body(joints: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Rotate bodies `[M, T, V, 3]` so that in the first frame the first one's spine is along z, its shoulders along x.

    Frames in which a body is absent, by `present [M, T]`, stay as they are.
    """
    for start, end, axis in ((_BOTTOM, _TOP, (0.0, 0.0, 1.0)), (_LEFT, _RIGHT, (1.0, 0.0, 0.0))):
        direction = joints[0, 0, end] - joints[0, 0, start]
        joints = np.where(present[..., None, None], joints @ rotation(direction, np.array(axis)).T, joints)
    return joints


def rotation(direction: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the rotation `[3, 3]` by the smallest angle from a direction to an axis of length 1 (Rodrigues).

    It is the identity where the direction has no length, is the axis already, or is opposite and thus ambiguous.
    """
    normal, cosine = np.cross(direction, axis), float(direction @ axis)
    length, sine = float(np.linalg.norm(direction)), float(np.linalg.norm(normal))
    if sine < 1e-9 * max(length, 1e-9):
        return np.eye(3)
    x, y, z = normal / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + sine / length * cross + (1 - cosine / length) * cross @ cross
