"""Random exchange of left and right."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.skeleton_data import SkeletonData
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.random_spans import check_shares, random_spans


class SwapSides(GraphTransform):
    """Take left for right for a span of time, as a tracker does: joints change places, and no coordinate is negated.

    Every body has a span of its own. See :class:`RandomReflect` for people who do the same with the other hand. A
    topology without sides leaves bodies as they are.

    Args:
        topology: gives the mirror counterparts.
        low: smallest share of the body's frames that the span covers.
        high: largest share.
    """

    topology: Topology
    mirror: Tensor

    def __init__(self, topology: Topology, low: float = 0.0, high: float = 0.25) -> None:
        super().__init__(topology)
        check_shares("SwapSides", low, high)
        self.low, self.high = low, high
        self.register_buffer("mirror", topology.mirror.clone(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        spans = random_spans(data.frame_mask, 1, self.low, self.high, joints, generator)  # [*, M, T, 1]
        data.joints = torch.where(spans[..., None], joints.index_select(-2, self.mirror), joints)
        if "confidence" in data:
            swapped = data.confidence.index_select(-1, self.mirror)
            data.confidence = torch.where(spans, swapped, data.confidence)
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name}, low={self.low}, high={self.high}"
