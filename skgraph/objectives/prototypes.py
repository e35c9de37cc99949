"""Distributions over learned prototypes: the head of student and teacher, and Sinkhorn-Knopp for the teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn import functional as F

from skgraph._internal.distributed import num_ranks, sum_over_ranks
from skgraph.encoders.layers import initialise_truncated
from skgraph.objectives.mlp import mlp


class PrototypeHead(nn.Module):
    """Three-layer MLP with GELU, unit length, and cosine similarity to prototypes (DINO, Caron et al., ICCV 2021).

    Args:
        in_dim: width of the input.
        hidden_dim: width of the two hidden layers.
        bottleneck_dim: width of the unit vectors.
        prototypes: their number, ``K``.
    """

    def __init__(self, in_dim: int, hidden_dim: int, bottleneck_dim: int, prototypes: int) -> None:
        super().__init__()
        self.mlp = mlp(in_dim, hidden_dim, bottleneck_dim, layers=3, norm=nn.Identity).apply(initialise_truncated)
        self.prototypes = nn.Parameter(torch.empty(prototypes, bottleneck_dim))
        nn.init.trunc_normal_(self.prototypes, std=0.02)

    def forward(self, x: Tensor, learn: Tensor | float = 1.0) -> Tensor:
        """Return cosine similarities ``[..., K]``; ``learn`` 0 keeps gradients from the prototypes."""
        weight = F.normalize(self.prototypes, dim=-1)
        weight = weight.detach() + learn * (weight - weight.detach())
        return F.linear(F.normalize(self.mlp(x), dim=-1), weight)


@torch.no_grad()
def sinkhorn(
    similarities: Tensor, temperature: Tensor | float, weight: Tensor | None = None, iterations: int = 3
) -> Tensor:
    """Turn similarities into distributions that use all prototypes alike (SwAV, Caron et al., NeurIPS 2020).

    Rows and columns of ``exp(similarity / temperature)`` are normalised in turn (Sinkhorn-Knopp), over the batch of all
    processes, so that every prototype gets the same share of it, and each row sums to 1.

    Args:
        similarities: ``[N, K]``.
        temperature: smaller is sharper.
        weight: ``[N]``, 0 for rows that do not count.
        iterations: of both normalisations.

    Returns:
        ``[N, K]`` float32; rows of weight 0 are zero.
    """
    scores = similarities.float() / temperature
    largest = scores.amax()  # subtracted, so that nothing overflows
    if num_ranks() > 1:
        dist.all_reduce(largest, dist.ReduceOp.MAX)
    q = (scores - largest).exp()
    if weight is not None:
        q = q * weight[:, None]
    for _ in range(iterations):
        q = q / sum_over_ranks(q.sum(dim=0)).clamp(min=1e-30)
        q = q / q.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return q
