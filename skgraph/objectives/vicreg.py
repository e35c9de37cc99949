"""Variance and covariance terms, which keep learned targets from collapsing (VICReg, Bardes et al., ICLR 2022)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.distributed.nn.functional import all_reduce

from skgraph._internal.distributed import num_ranks
from skgraph.errors import DataError


def vicreg_terms(
    features: Tensor, gamma: float = 1.0, center: Literal["position", "all"] = "position", eps: float = 1e-4
) -> tuple[Tensor, Tensor]:
    r"""Compute the variance and covariance terms of a batch of targets (GFP, equations 4 and 5).

    .. math::
        \mathcal L_{var} = \frac1C \sum_i \max\big(0, \gamma - \sqrt{\mathrm{Var}(Z_{:, i}) + \epsilon}\big), \qquad
        \mathcal L_{cov} = \frac1C \sum_{i \ne j} [\mathrm{Cov}(Z)]_{ij}^2

    The paper writes them for the global target, one vector a graph, with statistics over the batch. A local level has
    many positions, and their statistics can be taken in two ways: ``center="position"`` subtracts from every position
    its own mean over the batch and pools the rest, so that only differences *between graphs* count as variance;
    ``center="all"`` subtracts one mean, so that differences between positions count as well.

    With several processes the statistics are those of the global batch.

    Args:
        features: ``[B, N, C]``, ``N`` positions (1 for the global target).
        gamma: standard deviation to reach.
        center: mean to subtract, see above.
        eps: keeps the slope of the square root finite.

    Returns:
        the two terms, float32 scalars.
    """
    if features.dim() != 3:
        raise DataError(f"vicreg_terms takes features [B, N, C], found {[*features.shape]}")
    z = features.float()
    dims = (0,) if center == "position" else (0, 1)
    ranks = num_ranks()
    mean = z.mean(dim=dims, keepdim=True)
    if ranks > 1:
        mean = all_reduce(mean) / ranks
    z = (z - mean).flatten(0, 1)
    means = features.size(1) if center == "position" else 1
    variance = z.square().sum(dim=0)
    covariance = z.T @ z  # in bf16 under autocast: it is squared and averaged over thousands of pairs
    if ranks > 1:
        variance, covariance = all_reduce(variance), all_reduce(covariance)
    degrees = max(len(z) * ranks - means, 1)
    spread = torch.relu(gamma - (variance / degrees + eps).sqrt()).mean()
    pairs = _sum_of_squares(covariance) - _sum_of_squares(covariance.diagonal())
    return spread, pairs / degrees**2 / z.size(1)


def _sum_of_squares(x: Tensor) -> Tensor:
    """Sum squares in float32, in one pass without a copy: a covariance of 2048 features has four million entries."""
    return torch.linalg.vector_norm(x, dtype=torch.float32).square()
