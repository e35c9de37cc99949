"""Random noise on every joint."""

from __future__ import annotations

import torch

from skgraph.data.random_draws import normal
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class RandomJitter(GraphTransform):
    """Add independent noise ``N(0, std^2)`` to every coordinate of every present node (not one draw a graph).

    Args:
        std: standard deviation of the noise, in metres.
    """

    def __init__(self, std: float) -> None:
        super().__init__()
        if not std >= 0:
            raise ConfigError(f"RandomJitter: std must be at least 0, found {std}")
        self.std = std

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        noise = normal(joints.shape, self.std, joints, generator)
        data.joints = (joints + noise) * data.frame_mask[..., None, None]
        return data

    def extra_repr(self) -> str:
        return f"std={self.std}"
