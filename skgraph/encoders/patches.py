"""Raw tokens: a joint over the frames of a segment."""

from __future__ import annotations

from torch import Tensor

from skgraph.errors import DataError


def patchify(joints: Tensor, segments: int) -> Tensor:
    """The raw tokens ``[B, L, l * C]`` of ``joints [B, T, V, C]``, token ``t * V + v``, with ``l = T / segments``."""
    x = joints.unflatten(1, (segments, -1))  # [B, T_e, l, V, C]
    return x.transpose(2, 3).flatten(3).flatten(1, 2)


def check_joints(joints: Tensor, grid: tuple[int, int], patch_length: int, channels: int) -> None:
    """Raise a DataError unless ``joints`` is ``[B, T, V, C]`` as an encoder was built for."""
    segments, vertices = grid
    expected = (segments * patch_length, vertices, channels)
    if joints.shape[1:] != expected:
        raise DataError(f"the encoder expects joints [B, {', '.join(map(str, expected))}], found {[*joints.shape]}")
