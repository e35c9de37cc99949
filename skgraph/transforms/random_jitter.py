"""Random noise on every joint."""

from __future__ import annotations

import torch

from skgraph.data.body_geometry import reference_pose
from skgraph.data.random_draws import normal
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.body_size import BodySize
from skgraph.transforms.graph_transform import GraphTransform


class RandomJitter(GraphTransform):
    """Add independent noise ``N(0, std^2)`` to every coordinate of every present node (not one draw a graph).

    Args:
        std: standard deviation of the noise, in metres.
        relative: ``std`` is a share of the size of the graph's first body instead (:class:`ScaleBody`), which suits any
            skeleton in any unit.
        topology: the skeleton, which the size needs.
    """

    def __init__(self, std: float, relative: bool = False, topology: Topology | None = None) -> None:
        super().__init__(topology if relative else None)
        if not std >= 0:
            raise ConfigError(f"RandomJitter: std must be at least 0, found {std}")
        if relative and topology is None:
            raise ConfigError("RandomJitter: relative=True needs a topology")
        self.std = std
        self.size = BodySize(topology) if relative and topology is not None else None

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, frame_mask = data.joints, data.frame_mask
        noise = normal(joints.shape, self.std, joints, generator)
        if self.size is not None:
            noise = noise * self.size(reference_pose(joints, frame_mask))[..., None, None, None, None]
        data.joints = (joints + noise) * frame_mask[..., None, None]
        return data

    def extra_repr(self) -> str:
        return f"std={self.std}" if self.size is None else f"std={self.std}, relative=True, {super().extra_repr()}"
