"""A transform of some graphs, drawn at random."""

from __future__ import annotations

import copy

import torch
from torch import nn

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms.graph_transform import GraphTransform


class RandomApply(GraphTransform):
    """With probability ``p``, apply a transform to a graph; every graph of a batch draws by itself.

    The transform runs on the whole batch, so that shapes are static; it must keep the number of frames and joints.

    Args:
        transform: graph transform.
        p: probability that a graph is transformed.
    """

    def __init__(self, transform: nn.Module, p: float = 0.5) -> None:
        super().__init__()
        if not isinstance(transform, GraphTransform):
            raise ConfigError(f"RandomApply takes a graph transform, found {type(transform).__name__}")
        if not 0 <= p <= 1:
            raise ConfigError(f"RandomApply: p must be in [0, 1], found {p}")
        self.transform, self.p = transform, p

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        chosen = uniform((*joints.shape[:-4], 1, 1, 1, 1), 0.0, 1.0, joints, generator) < self.p
        changed = self.transform(copy.copy(data), generator)
        data.joints = torch.where(chosen, changed.joints, joints)
        data.frame_mask = torch.where(chosen[..., 0, 0], changed.frame_mask, data.frame_mask)
        if "confidence" in data:
            data.confidence = torch.where(chosen[..., 0], changed.confidence, data.confidence)
        return data

    def __repr__(self) -> str:
        return f"RandomApply({self.transform}, p={self.p})"
