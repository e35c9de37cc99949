"""Random reflection in the sagittal plane."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from skgraph.data.body_geometry import reference_pose
from skgraph.data.random_draws import uniform
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import ConfigError, TopologyError
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class RandomReflect(GraphTransform):
    """With probability ``p``, mirror a graph: negate x *and* swap the left and right joints.

    Negating x alone would put the joint called "right hand" on the left side of the body; with the swap a right-handed
    action becomes the same action done left-handed. Reflection maps bones to bones, and done twice is the identity.

    Args:
        topology: gives the mirror counterparts.
        p: probability that a graph is mirrored.
        plane: ``"x"``: x = 0, so that someone who faced left faces right: centre first. ``"body"``: the plane along y
            that separates left from right of the first body in its first frame; the body keeps its heading.

    Raises:
        ConfigError: ``p`` is no probability, or ``plane`` is unknown.
        TopologyError: the topology does not say what lies across the body.
    """

    topology: Topology
    mirror: Tensor
    across: Tensor
    center: Tensor

    def __init__(self, topology: Topology, p: float = 0.5, plane: Literal["x", "body"] = "x") -> None:
        super().__init__(topology)
        if not 0 <= p <= 1:
            raise ConfigError(f"RandomReflect: p must be in [0, 1], found {p}")
        if plane not in ("x", "body"):
            raise ConfigError(f"RandomReflect: plane must be 'x' or 'body', found '{plane}'")
        self.p, self.plane = p, plane
        if plane == "body":
            if topology.dim != 3 or topology.across is None:
                raise TopologyError(f"plane=body needs 3D joints and the direction 'across', not '{topology.name}'")
            self.register_buffer("across", topology.across[:, None].clone(), persistent=False)
            self.register_buffer("center", topology.center[:, None].clone(), persistent=False)
        self.register_buffer("mirror", topology.mirror.clone(), persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        reflected = joints.index_select(-2, self.mirror)
        if self.plane == "x":
            reflected[..., 0].neg_()  # in place on a fresh tensor
        else:
            reflected = self._in_own_plane(reflected, reference_pose(joints, data.frame_mask))
            reflected = reflected * data.frame_mask[..., None, None]
        chosen = uniform((*joints.shape[:-4], 1, 1, 1, 1), 0.0, 1.0, joints, generator) < self.p
        data.joints = torch.where(chosen, reflected, joints)
        if "confidence" in data:
            swapped = data.confidence.index_select(-1, self.mirror)
            data.confidence = torch.where(chosen[..., 0], swapped, data.confidence)
        return data

    def _in_own_plane(self, joints: Tensor, pose: Tensor) -> Tensor:
        """Mirror ``joints [*, M, T, V, 3]`` in the plane of ``pose [*, V, 3]``; across x where it has none."""
        across = (pose * self.across).sum(dim=-2)
        across = across - F.pad(across[..., 1:2], (1, 1))  # without its vertical part
        x_axis = F.one_hot(torch.zeros_like(across[..., 0], dtype=torch.long), 3).to(across)
        normal = F.normalize(torch.where(across.norm(dim=-1, keepdim=True) > 1e-6, across, x_axis), dim=-1)
        normal = normal[..., None, None, None, :]
        centre = (pose * self.center).sum(dim=-2)[..., None, None, None, :]
        return joints - 2 * ((joints - centre) * normal).sum(dim=-1, keepdim=True) * normal

    def extra_repr(self) -> str:
        own = f"{self.topology.name}, p={self.p}"
        return own if self.plane == "x" else f"{own}, plane={self.plane}"
