"""Random spans of time."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.errors import ConfigError


def check_shares(transform: str, low: float, high: float) -> None:
    """Raise a ConfigError unless ``0 <= low <= high <= 1``."""
    if not 0 <= low <= high <= 1:
        raise ConfigError(f"{transform}: 0 <= low <= high <= 1 is needed, found low={low}, high={high}")


def random_spans(
    frame_mask: Tensor, number: int, low: float, high: float, like: Tensor, generator: torch.Generator | None
) -> Tensor:
    """Draw spans of time of each body, anywhere in the frames in which it is present.

    Args:
        frame_mask: ``[*, M, T]`` bool.
        number: spans a body, which may overlap.
        low, high: smallest and largest share of those frames.
        like: has the dtype and the device of the draws.
        generator: source of the random draws.

    Returns:
        ``[*, M, T, number]`` bool, True inside; never where the body is absent.
    """
    draws = uniform((*frame_mask.shape[:-1], 1, number, 2), 0.0, 1.0, like, generator)
    share, place = draws.unbind(dim=-1)
    count = frame_mask.sum(dim=-1)[..., None, None]
    width = ((low + (high - low) * share) * count).round()
    start = (place * (count - width + 1)).floor()
    order = (frame_mask.cumsum(dim=-1) - 1)[..., None]
    return frame_mask[..., None] & (order >= start) & (order < start + width)
