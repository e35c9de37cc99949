"""The base class of graph transforms."""

from __future__ import annotations

import copy
from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import DataError
from skgraph.topology import Topology


class GraphTransform(BaseTransform, nn.Module):
    """A map from graphs to graphs that acts on a clip or on a whole batch, on any device.

    Calling a transform copies the graph shallowly and hands the copy to :meth:`forward`, which puts new tensors into
    it: the tensors of the input are never modified. Random transforms draw once a *graph*: the bodies of a clip keep
    their positions relative to each other while the clips of a batch differ (PyG's own draw once a batch). Transforms
    that draw more finely say so. Constants are buffers that are not saved: ``transform.to(device)`` moves them.

    A subclass implements ``forward`` for ``joints [*, M, T, V, C]`` and ``frame_mask [*, M, T]`` with ``*`` empty or
    ``B``, keeps shapes static, leaves zeros in absent frames, writes its arguments in ``extra_repr``, and raises a
    :class:`~skgraph.errors.ConfigError` for an argument outside its range.

    Args:
        topology: the skeleton that the transform is built for, or None for any.
    """

    def __init__(self, topology: Topology | None = None) -> None:
        super().__init__()
        self.topology = topology

    def __call__(self, data: SkeletonData, generator: torch.Generator | None = None) -> Data:
        """Return the transformed graph.

        Args:
            data: a clip or a batch.
            generator: source of the random draws, on any device; default: torch's global one.

        Raises:
            DataError: ``data`` is no skeleton graph, or has another number of joints than the topology.
        """
        if not isinstance(data, SkeletonData):
            raise DataError(f"{type(self).__name__} acts on SkeletonData, found {type(data).__name__}")
        self.check_joints(data.joints)
        return self.forward(copy.copy(data), generator)

    @abstractmethod
    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> Data:
        """Transform a graph: replace attributes, never write into their tensors."""

    def check_joints(self, joints: Tensor) -> None:
        """Raise a DataError if ``joints [..., V, C]`` has another V than the transform's topology."""
        if self.topology is not None and joints.size(-2) != self.topology.num_joints:
            raise DataError(
                f"{type(self).__name__} was built for topology '{self.topology.name}' with "
                f"{self.topology.num_joints} joints, found {joints.size(-2)} joints"
            )

    def extra_repr(self) -> str:
        return "" if self.topology is None else self.topology.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"
