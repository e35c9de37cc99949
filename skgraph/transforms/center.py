"""Translation of the centring point to the origin."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.body_geometry import reference_pose
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class Center(GraphTransform):
    """Subtract the topology's centring point.

    Args:
        topology: names the centring point, such as the middle of the spine.
        mode: ``first``: one offset a graph, the point of the first body at its first present frame, so that
            trajectories and the distances between bodies are kept; ``frame``: each body's point at each frame, so that
            only poses remain.
    """

    topology: Topology
    weights: Tensor

    def __init__(self, topology: Topology, mode: str = "first") -> None:
        super().__init__(topology)
        if mode not in ("first", "frame"):
            raise ConfigError(f"Center: mode must be 'first' or 'frame', found '{mode}'")
        self.mode = mode
        self.register_buffer("weights", topology.center[:, None].clone(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        if self.mode == "first":
            pose = data.reference if "reference" in data else reference_pose(joints, frame_mask)
            pose = pose[..., None, None, :, :]  # [*, 1, 1, V, C]
        else:
            pose = joints
        centre = (pose * self.weights).sum(dim=-2, keepdim=True)
        data.joints = (joints - centre).mul_(frame_mask[..., None, None])
        if "reference" in data:  # transforms that follow use it
            own = (data.reference * self.weights).sum(dim=-2, keepdim=True)
            data.reference = data.reference - own
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name}, mode='{self.mode}'"
