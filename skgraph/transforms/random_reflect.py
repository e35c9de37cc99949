"""Random reflection in the sagittal plane."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class RandomReflect(GraphTransform):
    """With probability ``p``, mirror a graph: negate x *and* swap the left and right joints.

    Negating x alone would put the joint called "right hand" on the left side of the body; with the swap a right-handed
    action becomes the same action done left-handed. Reflection maps bones to bones, and done twice is the identity. The
    plane is x = 0: centre (and align) first.

    Args:
        topology: gives the mirror counterparts.
        p: probability that a graph is mirrored.
    """

    topology: Topology
    mirror: Tensor

    def __init__(self, topology: Topology, p: float = 0.5) -> None:
        super().__init__(topology)
        if not 0 <= p <= 1:
            raise ConfigError(f"RandomReflect: p must be in [0, 1], found {p}")
        self.p = p
        self.register_buffer("mirror", topology.mirror.clone(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        reflected = joints.index_select(-2, self.mirror)
        reflected[..., 0].neg_()  # in place on a fresh tensor
        chosen = uniform((*joints.shape[:-4], 1, 1, 1, 1), 0.0, 1.0, joints, generator) < self.p
        data.joints = torch.where(chosen, reflected, joints)
        if "confidence" in data:
            swapped = data.confidence.index_select(-1, self.mirror)
            data.confidence = torch.where(chosen[..., 0], swapped, data.confidence)
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name}, p={self.p}"
