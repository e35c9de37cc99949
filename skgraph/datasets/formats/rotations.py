"""Rotations about coordinate axes, as motion capture files give them."""

from __future__ import annotations

import numpy as np


def turn(axis: int, angle: np.ndarray) -> np.ndarray:
    """Return right-handed rotations ``[T, 3, 3]`` about a coordinate axis by angles ``[T]`` in radians."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(angle), 3, 3))
    matrix[:, axis, axis] = 1
    matrix[:, a, a] = matrix[:, b, b] = np.cos(angle)
    matrix[:, b, a] = np.sin(angle)
    matrix[:, a, b] = -matrix[:, b, a]
    return matrix
