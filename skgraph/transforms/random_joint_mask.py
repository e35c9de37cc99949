"""Uniform mask of whole joints."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.transforms.graph_mask import GraphMask


class RandomJointMask(GraphMask):
    """Mask ``floor(ratio * V)`` whole joints in all frames, all choices equally likely.

    The baseline that S-JEPA's ablation compares motion-aware masking with.

    Args:
        ratio: share of joints to mask.
        patch_length: frames a token spans.
    """

    def __init__(self, ratio: float = 0.9, patch_length: int = 1) -> None:
        super().__init__(ratio, patch_length)

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        return uniform((joints.size(0), 1, joints.size(2)), 0.0, 1.0, joints, generator)
