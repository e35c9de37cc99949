"""Uniform mask of tokens."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.transforms.graph_mask import GraphMask


class RandomTokenMask(GraphMask):
    """Mask ``floor(ratio * L)`` tokens, all choices equally likely: the mask of SkeletonMAE (Wu et al., ICMEW 2023).

    Args:
        ratio: share of tokens to mask.
        patch_length: frames a token spans.
    """

    def __init__(self, ratio: float = 0.9, patch_length: int = 4) -> None:
        super().__init__(ratio, patch_length)

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        patches = joints.size(1) // self.patch_length
        return uniform((joints.size(0), patches, joints.size(2)), 0.0, 1.0, joints, generator)
