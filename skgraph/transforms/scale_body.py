"""Division of bodies by their size."""

from __future__ import annotations

import torch

from skgraph.data.body_geometry import reference_pose
from skgraph.data.skeleton_data import SkeletonData
from skgraph.topology import Topology
from skgraph.transforms.body_size import BodySize
from skgraph.transforms.graph_transform import GraphTransform

_LENGTH = 7.0  # the size that bodies get
_SHORTEST = 1e-6  # a body without a size is left as it is


class ScaleBody(GraphTransform):
    """Scale each graph so that the size of its first body, at its first present frame, is 7.

    The size is the longest path through the skeleton, from a foot to a hand for instance, as a sum of bone lengths. It
    does not depend on the posture, and hardly on which joints a sensor tracks: recordings of any skeleton, in any unit,
    become alike. The coordinates of people then have a spread of about 1.

    Args:
        topology: the skeleton.

    Raises:
        TopologyError: it has no bone.

    >>> from skgraph import SkeletonData, Topology
    >>> topology = Topology.load("ntu_rgbd")
    >>> joints = torch.randn(1, 8, 25, 3)
    >>> metres, millimetres = (ScaleBody(topology)(SkeletonData.from_joints(x)) for x in (joints, 1000 * joints))
    >>> torch.allclose(metres.joints, millimetres.joints, atol=1e-5)
    True
    """

    topology: Topology

    def __init__(self, topology: Topology) -> None:
        super().__init__(topology)
        self.size = BodySize(topology)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        pose = data.reference if "reference" in data else reference_pose(data.joints, data.frame_mask)  # [*, V, C]
        size = self.size(pose)
        factor = torch.where(size > _SHORTEST, _LENGTH / size.clamp(min=_SHORTEST), torch.ones_like(size))
        data.joints = data.joints * factor[..., None, None, None, None]
        if "reference" in data:
            data.reference = pose * factor[..., None, None]
        return data
