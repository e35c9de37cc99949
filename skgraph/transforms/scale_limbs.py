"""Random proportions of a body."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class ScaleLimbs(GraphTransform):
    """Scale the bones of each group of body parts by one factor, and rebuild the body along the tree from its root.

    A part and its mirror image are one group: torso, arms and legs of a person have a factor each (SLiM, 2026,
    skeleton-aware augmentation). The root joint stays where it is; a bone belongs to the part of the joint that it ends
    in.

    Args:
        topology: the bone tree, its parts and its mirror counterparts.
        low: smallest factor.
        high: largest factor.

    >>> from skgraph import SkeletonData, Topology
    >>> ScaleLimbs(Topology.load("ntu_rgbd"))(SkeletonData.from_joints(torch.randn(1, 8, 25, 3))).joints.shape
    torch.Size([1, 8, 25, 3])
    """

    topology: Topology
    sources: Tensor
    group: Tensor
    ancestors: Tensor

    def __init__(self, topology: Topology, low: float = 0.85, high: float = 1.15) -> None:
        super().__init__(topology)
        if not 0 < low <= high < math.inf:
            raise ConfigError(f"ScaleLimbs: 0 < low <= high is needed, found low={low}, high={high}")
        self.low, self.high = low, high
        part = torch.empty(topology.num_joints, dtype=torch.long)
        for i, joints in enumerate(topology.parts.values()):
            part[joints] = i
        # The first joint of a part has its counterpart in the part's mirror image.
        image = torch.stack([part[topology.mirror[joints[0]]] for joints in topology.parts.values()])
        group = torch.minimum(torch.arange(len(image)), image).unique(return_inverse=True)[1][part]
        self.num_groups = int(group.max()) + 1
        sources = torch.where(topology.parents < 0, torch.arange(topology.num_joints), topology.parents)
        depth = topology.hops[topology.root]
        on_path = depth[:, None] == topology.hops + depth[None, :]  # [v, u]: u lies between v and the root, or is v
        self.register_buffer("sources", sources, persistent=False)
        self.register_buffer("group", group, persistent=False)
        self.register_buffer("ancestors", on_path.float(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        factor = uniform((*joints.shape[:-4], 1, 1, self.num_groups), self.low, self.high, joints, generator)
        bones = joints - joints.index_select(-2, self.sources)
        change = bones * (factor.index_select(-1, self.group) - 1)[..., None]
        data.joints = joints + self.ancestors.to(joints) @ change
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name}, low={self.low}, high={self.high}"
