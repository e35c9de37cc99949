"""Size of bodies."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skgraph.errors import TopologyError
from skgraph.topology import Topology


class BodySize(nn.Module):
    """Measure the size of bodies: the longest path through the skeleton, from a foot to a hand, in bone lengths.

    It does not depend on the posture, and hardly on which joints a sensor tracks.

    Args:
        topology: the skeleton.

    Raises:
        TopologyError: it has no bone.
    """

    parents: Tensor
    paths: Tensor

    def __init__(self, topology: Topology) -> None:
        super().__init__()
        if topology.num_joints < 2:
            raise TopologyError(f"the size of a body needs a bone, topology '{topology.name}' has one joint")
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

    def forward(self, pose: Tensor) -> Tensor:
        """Return the sizes ``[*]`` of poses ``[*, V, C]``, in the unit of the coordinates."""
        lengths = (pose - pose.index_select(-2, self.parents)).norm(dim=-1)
        return (lengths @ self.paths.T).amax(dim=-1)
