"""Random loss of a coordinate axis."""

from __future__ import annotations

import torch

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class DropAxis(GraphTransform):
    """With probability ``p``, set one coordinate of all joints of a graph to zero, every axis equally likely (SLiM).

    Args:
        p: probability that a graph loses an axis.
    """

    def __init__(self, p: float = 0.2) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ConfigError(f"DropAxis: p must be in [0, 1], found {p}")
        self.p = p

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        draw = uniform((*joints.shape[:-4], 1, 1, 1, 1), 0.0, 1.0, joints, generator)
        axes = joints.size(-1)
        dropped = (draw / self.p * axes).floor() if self.p else torch.full_like(draw, axes)  # an axis, or beyond them
        data.joints = torch.where(torch.arange(axes, device=joints.device) == dropped, 0.0, joints)
        return data

    def extra_repr(self) -> str:
        return f"p={self.p}"
