"""The pose that normalisation is relative to."""

from __future__ import annotations

from torch import Tensor


def reference_pose(joints: Tensor, frame_mask: Tensor) -> Tensor:
    """Return each graph's first body at its first present frame.

    Where the first body never appears it is the first body that does, and zeros where none does.

    Args:
        joints: ``[*, M, T, V, C]``.
        frame_mask: ``[*, M, T]`` bool.

    Returns:
        ``[*, V, C]``.
    """
    # argmax returns the first of equal maxima: here the first in (body, frame) order.
    first = frame_mask.flatten(-2).int().argmax(dim=-1)
    poses = joints.flatten(-4, -3)  # [*, M * T, V, C]
    # Not take_along_dim, whose broadcasting keeps a program for any batch size from being exported.
    index = first[..., None, None, None].expand(*first.shape, 1, *poses.shape[-2:])
    return poses.gather(-3, index).squeeze(-3)
