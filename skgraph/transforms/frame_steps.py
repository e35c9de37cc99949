"""Steps from frame to frame."""

from __future__ import annotations

from torch import Tensor

from skgraph.errors import DataError


def frame_steps(joints: Tensor, frame_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the steps ``x[t + 1] - x[t]``, and whether the body is present at both ends.

    Args:
        joints: ``[B, T, V, C]``.
        frame_mask: ``[B, T]`` bool.

    Returns:
        ``steps [B, T - 1, V, C]`` and ``valid [B, T - 1, 1]``, 1.0 or 0.0 in the dtype of the joints.

    Raises:
        DataError: a single frame, which has no motion.
    """
    if joints.size(1) < 2:
        raise DataError(f"motion needs at least 2 frames, found {joints.size(1)}")
    valid = (frame_mask[:, 1:] & frame_mask[:, :-1]).unsqueeze(-1)
    return joints[:, 1:] - joints[:, :-1], valid.to(joints.dtype)
