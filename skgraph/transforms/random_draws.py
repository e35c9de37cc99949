"""Random numbers from a generator that may live on another device than the data."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def uniform(shape: Sequence[int], low: float, high: float, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from U(low, high), with the dtype and device of ``like``."""
    return _empty(shape, like, generator).uniform_(low, high, generator=generator).to(like.device, non_blocking=True)


def normal(shape: Sequence[int], std: float, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from N(0, std^2), with the dtype and device of ``like``."""
    return _empty(shape, like, generator).normal_(0.0, std, generator=generator).to(like.device, non_blocking=True)


def gumbel(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from the standard Gumbel distribution, with the dtype and device of ``like``.

    ``-log E`` with ``E ~ Exp(1)`` is Gumbel distributed, and torch draws ``E`` without the rounding to 0 or 1 that
    ``-log(-log U)`` suffers from.
    """
    exponential = _empty(shape, like, generator).exponential_(generator=generator)
    return -exponential.to(like.device, non_blocking=True).log()


def _empty(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    # torch refuses to fill a tensor from a generator of another device, so the numbers are drawn where the generator
    # is.
    device = like.device if generator is None else generator.device
    return torch.empty(shape, dtype=like.dtype, device=device)
