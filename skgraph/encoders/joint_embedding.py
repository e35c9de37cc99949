"""Embedding of joints by what they are: one encoder for any skeleton."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.transforms import AddRandomWalkPE

from skgraph.topology import Topology
from skgraph.topology.landmarks import vocabulary

_WALK = 8  # steps of the random walk
_HOPS = 4.0  # hops in the unit of a place


class JointEmbedding(nn.Module):
    """Embedding of every joint, computed from its topology and not looked up by its number.

    The sum of a learned vector for the joint's landmark and of a linear map of its place in the tree, see
    :func:`describe_joints`. No weight belongs to a joint, so that :meth:`use` takes any other topology, and joints in
    another order get the same vectors in that order.

    Args:
        topology: the skeleton, until :meth:`use` names another.
        dim: width ``D``.

    >>> embedding = JointEmbedding(Topology.load("ntu_rgbd"), dim=16)
    >>> embedding().shape, embedding.use(Topology.load("coco_17"))().shape
    (torch.Size([25, 16]), torch.Size([17, 16]))
    """

    def __init__(self, topology: Topology, dim: int) -> None:
        super().__init__()
        marks, places = describe_joints(topology)
        self.landmark_embedding = nn.Parameter(torch.empty(marks.size(1), dim))
        self.place_embedding = nn.Parameter(torch.empty(places.size(1), dim))
        nn.init.normal_(self.landmark_embedding, std=0.02)
        nn.init.normal_(self.place_embedding, std=0.02)
        # Not buffers: their shape changes with the topology, and processes need not copy them.
        self._marks, self._places = marks, places
        self._known: dict[Topology, tuple[Tensor, ...]] = {topology: (marks, places)}

    def use(self, topology: Topology) -> JointEmbedding:
        """Embed the joints of another topology from now on."""
        if topology not in self._known:
            device = self.landmark_embedding.device
            self._known[topology] = tuple(x.to(device) for x in describe_joints(topology))
        self._marks, self._places = self._known[topology]
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> JointEmbedding:
        """Move the descriptions with the weights."""
        super()._apply(fn, recurse)
        self._known = {topology: tuple(map(fn, described)) for topology, described in self._known.items()}
        self._marks, self._places = fn(self._marks), fn(self._places)
        return self

    def forward(self) -> Tensor:
        """Return the embeddings ``[V, D]``."""
        return self._marks @ self.landmark_embedding + self._places @ self.place_embedding


def joint_vectors(embedding: nn.Parameter | JointEmbedding) -> Tensor:
    """Return the vectors of joints ``[V, D]``: of a table, or computed from the topology."""
    return embedding() if isinstance(embedding, JointEmbedding) else embedding


def describe_joints(topology: Topology) -> tuple[Tensor, Tensor]:
    """Describe the joints of a skeleton without their names, numbers and order.

    Returns:
        landmarks ``[V, N]``: weights over :func:`~skgraph.topology.landmarks.vocabulary` that sum to 1: the joint's
        own landmark, or those of the nearest joints that have one, all zero where no joint has any; and places
        ``[V, F]``: hops to the root, to the nearest branching and to the nearest end of the tree; left, middle or
        right; and the probabilities that random walks of 1 to 8 steps return (Dwivedi et al., ICLR 2022).
    """
    hops, count = topology.hops.float(), topology.num_joints
    words = {word: i for i, word in enumerate(vocabulary())}
    marks = torch.zeros(count, len(words))
    for joint, landmark in topology.landmarks.items():
        marks[topology.joint(joint), words[landmark]] = 1
    known = marks.any(dim=1)
    if known.any():
        distance = hops[:, known]
        nearest = (distance == distance.min(dim=1, keepdim=True).values).float()
        marks = nearest / nearest.sum(dim=1, keepdim=True) @ marks[known]
    degree = (topology.hops == 1).sum(dim=1)
    branching = degree > 2 if (degree > 2).any() else degree == degree.max()
    places = [hops[:, topology.root], hops[:, branching].amin(dim=1), hops[:, degree <= 1].amin(dim=1)]
    side = torch.zeros(count, 3)
    side[:, 1] = 1
    for left, right in topology.to_dict()["mirror"].items():
        side[topology.joint(left)], side[topology.joint(right)] = torch.eye(3)[0], torch.eye(3)[2]
    edges = torch.cat([topology.edges, topology.edges.flip(1)]).T.contiguous()
    walk = AddRandomWalkPE(_WALK, attr_name="walk")(Data(edge_index=edges, num_nodes=count)).walk
    return marks, torch.cat([torch.stack(places, dim=1) / _HOPS, side, walk], dim=1)
