"""Explicit edges."""

from __future__ import annotations

import torch
from torch_geometric.data import Data

from skgraph.data.skeleton_data import SkeletonData
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class AddEdges(GraphTransform):
    """Turn a skeleton graph into a plain PyG ``Data`` with ``edge_index`` and ``edge_type``, for any PyG layer.

    See :meth:`skgraph.data.SkeletonData.to_pyg`. Put it last: the result is no :class:`~skgraph.data.SkeletonData`.

    Args:
        topology: its bones are the edges within a frame.
        temporal: also join each joint with itself in the next frame.
        cross_body: also join each joint with the same joint of the other bodies in the frame.
    """

    topology: Topology

    def __init__(self, topology: Topology, temporal: bool = True, cross_body: bool = False) -> None:
        super().__init__(topology)
        self.temporal, self.cross_body = temporal, cross_body

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> Data:
        return data.to_pyg(self.topology, temporal=self.temporal, cross_body=self.cross_body)

    def extra_repr(self) -> str:
        return f"{self.topology.name}, temporal={self.temporal}, cross_body={self.cross_body}"
