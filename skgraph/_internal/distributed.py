"""Statistics of a batch that is spread over the processes of a distributed training."""

from __future__ import annotations

from torch import Tensor
from torch import distributed as dist


def num_ranks() -> int:
    """Processes that train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def mean_over_ranks(x: Tensor) -> Tensor:
    """Replace a statistic of this process by its mean over all of them, in place and without a gradient."""
    if (ranks := num_ranks()) > 1:
        dist.all_reduce(x)
        x /= ranks
    return x
