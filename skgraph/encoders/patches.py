"""Raw tokens: a joint over the frames of a segment."""

from __future__ import annotations

from torch import Tensor


def patchify(joints: Tensor, segments: int) -> Tensor:
    """The raw tokens ``[B, L, l * C]`` of ``joints [B, T, V, C]``, token ``t * V + v``, with ``l = T / segments``."""
    x = joints.unflatten(1, (segments, -1))  # [B, T_e, l, V, C]
    return x.transpose(2, 3).flatten(3).flatten(1, 2)
