"""The base class of transforms that multiply joints by one matrix a graph."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from skgraph.data.skeleton_data import SkeletonData
from skgraph.transforms.graph_transform import GraphTransform


class LinearMap(GraphTransform):
    """A transform that multiplies every joint of a graph by one matrix of that graph.

    A subclass gives the matrix. :class:`~skgraph.transforms.Compose` multiplies the matrices of consecutive maps, so
    that a rotation, a scale and a shear in a row pass over the joints once.
    """

    @abstractmethod
    def matrix(self, data: SkeletonData, generator: torch.Generator | None = None) -> Tensor:
        """Draw the matrices ``A [*, C, C]``, one a graph: joint ``p`` becomes ``A p``."""

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        data.joints = apply_linear(data.joints, self.matrix(data, generator))
        return data


def apply_linear(joints: Tensor, matrix: Tensor) -> Tensor:
    """Multiply every joint ``p`` of a graph by its matrix: ``A p``.

    Args:
        joints: ``[*, M, T, V, C]``.
        matrix: ``A``, ``[*, C, C]``, one a graph.
    """
    # Written out rather than as a matmul: autocast or TF32 would round a matmul to 8 or 11 bits, a millimetre a metre.
    # Coordinate by coordinate, so that each product runs over long rows of memory instead of three numbers at a time.
    planes = joints.movedim(-1, 0).contiguous()  # [C, *, M, T, V]
    columns = matrix.movedim((-1, -2), (0, 1))[..., None, None, None]  # [C in, C out, *, 1, 1, 1]
    out = columns[0] * planes[0]  # [C out, *, M, T, V]
    for column, plane in zip(columns[1:], planes[1:], strict=True):
        out.addcmul_(column, plane)  # in place on a fresh tensor
    return out.movedim(0, -1).contiguous()


def compose_matrices(first: Tensor, second: Tensor) -> Tensor:
    """Return the matrices ``[*, C, C]`` that apply ``first`` and then ``second``, in full precision."""
    return (second[..., :, :, None] * first[..., None, :, :]).sum(dim=-2)
