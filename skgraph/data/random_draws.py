"""Random numbers for batches: from a generator on any device, and the same however many processes share a batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class RankGenerator(torch.Generator):
    """The generator of a batch of which each process has every ``world_size``-th row.

    Draws of this module are made for the whole batch, and a process keeps its own rows: crops, views and masks do
    not depend on how many processes there are.

    Args:
        rank: of this process, the first row that it has.
        world_size: number of processes.
        device: where numbers are drawn.
    """

    def __new__(cls, rank: int = 0, world_size: int = 1, device: torch.device | str = "cpu") -> RankGenerator:
        generator = super().__new__(cls, device=device)
        generator.rank, generator.world_size = rank, world_size
        return generator


def uniform(
    shape: Sequence[int], low: float, high: float, like: Tensor, generator: torch.Generator | None, dim: int = 0
) -> Tensor:
    """Draws from U(low, high), with the dtype and device of ``like``; ``dim`` is the batch."""
    whole, own = _empty(shape, like, generator, dim)
    return whole.uniform_(low, high, generator=generator)[own].to(like.device, non_blocking=True)


def normal(shape: Sequence[int], std: float, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from N(0, std^2), with the dtype and device of ``like``."""
    whole, own = _empty(shape, like, generator)
    return whole.normal_(0.0, std, generator=generator)[own].to(like.device, non_blocking=True)


def gumbel(shape: Sequence[int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draws from the standard Gumbel distribution, with the dtype and device of ``like``.

    ``-log E`` with ``E ~ Exp(1)`` is Gumbel distributed, and torch draws ``E`` without the rounding to 0 or 1 that
    ``-log(-log U)`` suffers from.
    """
    whole, own = _empty(shape, like, generator)
    return -whole.exponential_(generator=generator)[own].to(like.device, non_blocking=True).log()


def _empty(
    shape: Sequence[int], like: Tensor, generator: torch.Generator | None, dim: int = 0
) -> tuple[Tensor, tuple[slice, ...]]:
    """Room for the draws of a whole batch, and which of them are this process's."""
    # torch refuses to fill a tensor from a generator of another device, so the numbers are drawn where the generator
    # is.
    device = like.device if generator is None else generator.device
    if not isinstance(generator, RankGenerator) or generator.world_size == 1:
        return torch.empty(shape, dtype=like.dtype, device=device), ()
    whole = [size * generator.world_size if i == dim else size for i, size in enumerate(shape)]
    own = (slice(None),) * dim + (slice(generator.rank, None, generator.world_size),)
    return torch.empty(whole, dtype=like.dtype, device=device), own
