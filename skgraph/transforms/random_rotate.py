"""Random rotation about the coordinate axes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError, DataError
from skgraph.transforms.linear_map import LinearMap


class RandomRotate(LinearMap):
    r"""Rotate each graph about the origin by ``R_z(c) R_y(b) R_x(a)``, each angle drawn from ``U(-max, max)``.

    The rotation of S-JEPA's geometric views (Abdelfattah and Alahi, ECCV 2024): about the vertical axis ``y``, and
    optionally a little about ``x`` and ``z`` for tilt. A positive angle turns counter-clockwise when its axis points at
    the viewer.

    Args:
        x: largest angle about the x axis, in radians.
        y: largest angle about the y axis, in radians.
        z: largest angle about the z axis, in radians; the only one that 2D joints can have.
    """

    def __init__(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
        super().__init__()
        if not all(math.isfinite(angle) and angle >= 0 for angle in (x, y, z)):
            raise ConfigError(f"RandomRotate: angles must be finite and at least 0, found x={x}, y={y}, z={z}")
        self.x, self.y, self.z = x, y, z

    def matrix(self, data: SkeletonData, generator: torch.Generator | None = None) -> Tensor:
        joints = data.joints
        dim = joints.size(-1)
        if dim not in (2, 3) or (dim == 2 and (self.x or self.y)):
            raise DataError(
                f"RandomRotate turns 3D joints about x, y, z and 2D joints about z only, found {dim}D joints and {self}"
            )
        angles = uniform((*joints.shape[:-4], 3), -1.0, 1.0, joints, generator).unbind(-1)
        (a, b, c) = (angle * limit for angle, limit in zip(angles, (self.x, self.y, self.z), strict=True))
        cos_z, sin_z = c.cos(), c.sin()
        if dim == 2:
            entries = [cos_z, -sin_z, sin_z, cos_z]
        else:
            cos_x, sin_x, cos_y, sin_y = a.cos(), a.sin(), b.cos(), b.sin()
            entries = [
                *(cos_z * cos_y, cos_z * sin_y * sin_x - sin_z * cos_x, cos_z * sin_y * cos_x + sin_z * sin_x),
                *(sin_z * cos_y, sin_z * sin_y * sin_x + cos_z * cos_x, sin_z * sin_y * cos_x - cos_z * sin_x),
                *(-sin_y, cos_y * sin_x, cos_y * cos_x),
            ]
        return torch.stack(entries, dim=-1).unflatten(-1, (dim, dim))

    def extra_repr(self) -> str:
        return f"x={self.x}, y={self.y}, z={self.z}"
