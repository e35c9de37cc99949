"""Random shear."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.linear_map import LinearMap


class RandomShear(LinearMap):
    """Map every joint ``p`` of a graph to ``S p``, with S random: one matrix a graph.

    S has ones on the diagonal and draws from ``U(-strength, strength)`` elsewhere, the shear of AS-CAL (Rao et al.,
    Information Sciences 2021): as from slanted viewpoints. It changes bone lengths.

    Args:
        strength: largest off-diagonal entry.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        if not strength >= 0:
            raise ConfigError(f"RandomShear: strength must be at least 0, found {strength}")
        self.strength = strength

    def matrix(self, data: SkeletonData, generator: torch.Generator | None = None) -> Tensor:
        joints = data.joints
        dim = joints.size(-1)
        matrix = uniform((*joints.shape[:-4], dim, dim), -self.strength, self.strength, joints, generator)
        matrix.diagonal(dim1=-2, dim2=-1).fill_(1)
        return matrix

    def extra_repr(self) -> str:
        return f"strength={self.strength}"
