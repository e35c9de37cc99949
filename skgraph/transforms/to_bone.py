"""The bone stream."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.skeleton_data import SkeletonData
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class ToBone(GraphTransform):
    """Replace every joint by the vector from its parent to it; the root, which has no parent, becomes zero.

    The bone stream of 2s-AGCN (Shi et al., CVPR 2019).

    Args:
        topology: gives the parents.

    >>> from skgraph import SkeletonData, Topology
    >>> topology = Topology.load("ntu_rgbd")
    >>> ToBone(topology)(SkeletonData.from_joints(torch.randn(1, 8, 25, 3))).joints.shape
    torch.Size([1, 8, 25, 3])
    """

    topology: Topology
    sources: Tensor

    def __init__(self, topology: Topology) -> None:
        super().__init__(topology)
        # The root is its own parent here, so that its bone is zero.
        sources = torch.where(topology.parents < 0, torch.arange(topology.num_joints), topology.parents)
        self.register_buffer("sources", sources, persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        data.joints = joints - joints.index_select(-2, self.sources)
        return data
