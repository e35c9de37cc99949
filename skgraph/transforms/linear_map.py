"""One linear map a graph."""

from __future__ import annotations

from torch import Tensor


def apply_linear(joints: Tensor, matrix: Tensor) -> Tensor:
    """Every joint ``p`` of a graph becomes ``A p``.

    Args:
        joints: ``[*, M, T, V, C]``.
        matrix: ``A``, ``[*, C, C]``, one a graph.
    """
    # Written out rather than as a matmul: autocast or TF32 would round a matmul to 8 or 11 bits, a millimetre a metre,
    # and a product with so small a matrix gains nothing from it.
    columns = matrix[..., None, None, None, :, :].unbind(-1)
    out = joints[..., :1] * columns[0]
    for c, column in enumerate(columns[1:], start=1):
        out.addcmul_(joints[..., c : c + 1], column)  # in place on a fresh tensor
    return out
