"""Temporal crop and linear resampling, as arithmetic on whole batches."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.errors import ConfigError

Resampling = Literal["linear", "nearest"]


def check_resampling(resampling: str) -> None:
    """Raise a ConfigError unless ``resampling`` is ``"linear"`` or ``"nearest"``."""
    if resampling not in ("linear", "nearest"):
        raise ConfigError(f"resampling must be 'linear' or 'nearest', found '{resampling}'")


def sample_windows(
    length: Tensor, low: float, high: float, generator: torch.Generator | None = None, min_frames: int = 1
) -> tuple[Tensor, Tensor]:
    """Draw windows that cover a proportion ``U(low, high)`` of each sequence.

    Args:
        length: frames of each sequence, ``[n]`` int64.
        low: smallest proportion, in (0, 1].
        high: largest proportion, in [low, 1].
        generator: source of the random draws.
        min_frames: no window is shorter than this, unless its sequence is.

    Returns:
        ``start [n]`` and ``width [n]``, int64, with ``start + width <= length``.
    """
    draws = uniform((2, length.numel()), 0.0, 1.0, length.new_empty(0, dtype=torch.float32), generator, dim=1)
    width = (length * (low + (high - low) * draws[0])).round().long()
    width = torch.minimum(width.clamp(min=max(min_frames, 1)), length)
    start = (draws[1] * (length - width + 1)).long()
    return start, width


def centre_windows(length: Tensor, proportion: float, position: float = 0.5) -> tuple[Tensor, Tensor]:
    """Return windows of a ``proportion`` of each sequence: ``start [n]`` and ``width [n]``, int64.

    They lie in the middle, without ``floor((1 - proportion) / 2 * length)`` frames at either end (as in CTR-GCN, MAMP
    and CMD); ``position`` 0 puts them at the start of their sequences, 1 at the end.
    """
    margin = ((1 - proportion) * length.double() / 2).long()
    return (2 * margin * position).long(), length - 2 * margin


def extended_length(length: Tensor, least: int) -> Tensor:
    """Return the length ``[n]`` of sequences that are repeated forwards and backwards until they have ``least`` frames.

    ``length [n]`` is that of the sequences, in frames; both are int64.
    """
    return length * torch.div(least - 1, length, rounding_mode="floor").add(1).clamp(min=1)


def fold_positions(positions: Tensor, length: Tensor) -> Tensor:
    """Return the frames ``[n, T]`` of sequences at positions ``[n, T]`` of their :func:`extended_length`.

    The extended sequence of ``a b c`` is ``a b c c b a a b c ...``; ``length [n]`` is that of the sequences.
    """
    period = positions % (2 * length[:, None])
    return torch.minimum(period, 2 * length[:, None] - 1 - period).clamp(min=0).minimum(length[:, None] - 1.0)


def sample_positions(start: Tensor, width: Tensor, frames: int) -> Tensor:
    """Return the frames at which to read each window so that it becomes ``frames`` frames long.

    Output frame ``i`` is read at ``start + (i + 0.5) * width / frames - 0.5``, clamped into the window: linear
    interpolation with ``align_corners=False``, so that a window of ``frames`` frames is returned unchanged.

    Args:
        start: first frame of each window, ``[n]``.
        width: frames of each window, ``[n]``.
        frames: output frames, ``T``.

    Returns:
        ``[n, T]`` float positions, in frames.
    """
    step = (torch.arange(frames, device=start.device) + 0.5) / frames
    offset = (step * width[:, None] - 0.5).clamp(min=0)
    return start[:, None] + torch.minimum(offset, width[:, None] - 1)
