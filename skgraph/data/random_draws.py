"""Random numbers of a batch, the same for any number of processes and from a generator on any device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skgraph._internal.distributed import RankGenerator


def uniform(
    shape: Sequence[int], low: float, high: float, like: Tensor, generator: torch.Generator | None, dim: int = 0
) -> Tensor:
    """Draw from U(low, high), with the dtype and device of ``like``; ``dim`` is the batch."""
    whole, own = _empty(shape, like, generator, dim)
    return whole.uniform_(low, high, generator=generator)[own].to(like.device, non_blocking=True)


def normal(shape: Sequence[int], std: float, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw from N(0, std^2), with the dtype and device of ``like``."""
    whole, own = _empty(shape, like, generator)
    return whole.normal_(0.0, std, generator=generator)[own].to(like.device, non_blocking=True)


def gumbel(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw from the standard Gumbel distribution, with the dtype and device of ``like``.

    ``-log E`` with ``E ~ Exp(1)`` is Gumbel distributed, and torch draws ``E`` without the rounding to 0 or 1 that
    ``-log(-log U)`` suffers from.
    """
    whole, own = _empty(shape, like, generator)
    return -whole.exponential_(generator=generator)[own].to(like.device, non_blocking=True).log()


def _empty(
    shape: Sequence[int], like: Tensor, generator: torch.Generator | None, dim: int = 0
) -> tuple[Tensor, tuple[slice, ...]]:
    """Return an empty tensor for the draws of the whole batch, and the index of this process's rows."""
    # torch refuses to fill a tensor from a generator of another device.
    device = like.device if generator is None else generator.device
    if not isinstance(generator, RankGenerator) or generator.world_size == 1:
        return torch.empty(shape, dtype=like.dtype, device=device), ()
    whole = [size * generator.world_size if i == dim else size for i, size in enumerate(shape)]
    own = (slice(None),) * dim + (slice(generator.rank, None, generator.world_size),)
    return torch.empty(whole, dtype=like.dtype, device=device), own
