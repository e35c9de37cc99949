"""Random loss of joints."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.missing_joints import bone_distance, interpolate_unseen
from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform
from skgraph.transforms.random_spans import check_shares, random_spans


class DropJoints(GraphTransform):
    """Lose joints of each body for a span of time, as a tracker does, and fill them in as the readers of recordings do.

    Every joint of every body is lost with probability ``p``, during one span of its own. It is interpolated between the
    frames around the span, held where there is none on one side, and takes the position of the nearest other joint
    along the bones if it is lost throughout. A body that has lost all of its joints in a frame is absent there. A joint
    that is lost has the confidence 0. For nodes that an encoder does not see at all, use a mask.

    Args:
        topology: gives the bones.
        p: probability that a joint is lost.
        low: smallest share of the body's frames that a span covers.
        high: largest share.
    """

    topology: Topology
    distance: Tensor

    def __init__(self, topology: Topology, p: float = 0.25, low: float = 0.5, high: float = 1.0) -> None:
        super().__init__(topology)
        if not 0 <= p <= 1:
            raise ConfigError(f"DropJoints: p must be in [0, 1], found {p}")
        check_shares("DropJoints", low, high)
        self.p, self.low, self.high = p, low, high
        self.register_buffer("distance", bone_distance(topology), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        lost = uniform((*frame_mask.shape[:-1], 1, joints.size(-2)), 0.0, 1.0, joints, generator) < self.p
        spans = random_spans(frame_mask, joints.size(-2), self.low, self.high, joints, generator)
        seen = frame_mask[..., None] & ~(lost & spans)
        data.frame_mask = seen.any(dim=-1)
        data.joints = interpolate_unseen(joints, seen, self.distance) * data.frame_mask[..., None, None]
        if "confidence" in data:
            data.confidence = data.confidence * seen
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name}, p={self.p}, low={self.low}, high={self.high}"
