"""Division of bodies by their size."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.body_geometry import reference_pose
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import TopologyError
from skgraph.topology import Topology
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
    parents: Tensor
    paths: Tensor

    def __init__(self, topology: Topology) -> None:
        super().__init__(topology)
        if topology.num_joints < 2:
            raise TopologyError(f"ScaleBody needs a bone, topology '{topology.name}' has one joint")
        own = torch.arange(topology.num_joints)
        self.register_buffer("parents", torch.where(topology.parents < 0, own, topology.parents), persistent=False)
        # The bone that ends at a joint is on the path between two ends of the tree if it lies above one of them only.
        depth = topology.hops[topology.root]
        above = depth - depth[:, None]
        beyond = (topology.hops == above).float()  # [joint, end]: the end hangs on the bone of the joint
        beyond[topology.root] = 0
        ends = beyond[:, (topology.hops == 1).sum(dim=1) <= 1].T  # [E, V]
        first, second = torch.combinations(torch.arange(len(ends)), 2).T
        self.register_buffer("paths", (ends[first] - ends[second]).abs(), persistent=False)  # [P, V]

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        pose = data.reference if "reference" in data else reference_pose(data.joints, data.frame_mask)  # [*, V, C]
        lengths = (pose - pose.index_select(-2, self.parents)).norm(dim=-1)
        size = (lengths @ self.paths.T).amax(dim=-1)
        factor = torch.where(size > _SHORTEST, _LENGTH / size.clamp(min=_SHORTEST), torch.ones_like(size))
        data.joints = data.joints * factor[..., None, None, None, None]
        if "reference" in data:
            data.reference = pose * factor[..., None, None]
        return data
