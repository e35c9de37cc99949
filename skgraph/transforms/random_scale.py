"""Random uniform scaling."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.linear_map import LinearMap


class RandomScale(LinearMap):
    """Scale each graph about the origin by one factor ``s ~ U(low, high)`` for all coordinates.

    Args:
        low: smallest factor, greater than 0.
        high: largest factor.
    """

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        if not 0 < low <= high:
            raise ConfigError(f"RandomScale: 0 < low <= high is needed, found low={low}, high={high}")
        self.low, self.high = low, high

    def matrix(self, data: SkeletonData, generator: torch.Generator | None = None) -> Tensor:
        joints = data.joints
        factor = uniform((*joints.shape[:-4], 1, 1), self.low, self.high, joints, generator)
        return factor * torch.eye(joints.size(-1), dtype=joints.dtype, device=joints.device)

    def extra_repr(self) -> str:
        return f"low={self.low}, high={self.high}"
