"""Regularisers that make embeddings follow a standard normal distribution, so that they cannot collapse."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributed.nn.functional import all_gather, all_reduce
from torch.nn import functional as F

from skgraph._internal.distributed import copy_from_main, num_ranks
from skgraph.errors import DataError

POINTS, LARGEST = 17, 3.0  # points and end of the integral; the weight beyond is below 0.02
COLLAPSED_SIGREG = 0.40  # value over N of embeddings that are all zero


def random_directions(dim: int, count: int, device: torch.device) -> Tensor:
    """Draw unit vectors ``[dim, count]`` from torch's global generator, the same on all processes."""
    return copy_from_main(F.normalize(torch.randn(dim, count, device=device), dim=0))


def sigreg(z: Tensor, directions: Tensor) -> Tensor:
    r"""Compute sketched isotropic Gaussian regularisation (SIGReg; Balestriero and LeCun, *LeJEPA*, 2025).

    Along each direction :math:`a` the empirical characteristic function of :math:`u = z a` is compared with that of a
    standard normal distribution, :math:`\varphi(t) = e^{-t^2 / 2}` (the test of Epps and Pulley):

    .. math:: N \int_0^3 2 \varphi(t) \Big( \big(\tfrac1N \textstyle\sum_i \cos t u_i - \varphi(t)\big)^2
        + \big(\tfrac1N \sum_i \sin t u_i\big)^2 \Big) dt,

    by the trapezoid rule on 17 points; the result is the mean over directions. A perfect Gaussian scores 1.05, a
    collapse to zero 0.40 N. ``N`` counts the rows of all processes.

    Args:
        z: embeddings ``[..., N, D]``; dimensions before are samples of their own.
        directions: unit vectors ``[D, S]``.

    Returns:
        a float32 scalar.

    >>> z = torch.randn(1000, 8, generator=torch.Generator().manual_seed(0))
    >>> directions = F.normalize(torch.randn(8, 256, generator=torch.Generator().manual_seed(1)), dim=0)
    >>> [round(float(sigreg(x, directions))) for x in (z, 0 * z)]
    [1, 402]
    """
    t = torch.linspace(0, LARGEST, POINTS, device=z.device)
    phi = torch.exp(-t.square() / 2)
    weight = 2 * phi * (LARGEST / (POINTS - 1))
    weight[[0, -1]] /= 2
    angle = project(z, directions)[..., None] * t  # [..., N, S, 17]
    moments = torch.stack([angle.cos().mean(dim=-3), angle.sin().mean(dim=-3)])
    if (ranks := num_ranks()) > 1:
        moments = all_reduce(moments) / ranks
    distance = (moments[0] - phi).square() + moments[1].square()
    return z.size(-2) * ranks * (distance * weight).sum(dim=-1).mean()


def visreg(z: Tensor, directions: Tensor) -> Tensor:
    """Compute the distance of a sample's mean, deviations and quantiles from those of a standard normal distribution.

    It is the mean square of the means, plus that of the deviations less one (of each dimension), plus that of the
    sorted projections on each direction less the quantiles of a normal distribution. Unlike :func:`sigreg` its gradient
    does not vanish far from the Gaussian.

    Args:
        z: embeddings ``[..., N, D]``; dimensions before are samples of their own.
        directions: unit vectors ``[D, S]``.

    Returns:
        a float32 scalar.
    """
    if num_ranks() > 1:
        z = torch.cat(all_gather(z.contiguous()), dim=-2)
    projected, z = project(z, directions), z.float()
    rows = z.size(-2)
    variance, mean = torch.var_mean(z, dim=-2, correction=0)
    deviation = (variance + 1e-6).sqrt() - 1  # keeps the slope of the square root finite
    quantiles = torch.special.ndtri((torch.arange(rows, device=z.device) + 0.5) / rows)[:, None]
    shape = projected.sort(dim=-2).values - quantiles
    return mean.square().mean() + deviation.square().mean() + shape.square().mean()


def project(z: Tensor, directions: Tensor) -> Tensor:
    """Project embeddings on directions in float32: in bf16 the angles would be off by a hundredth."""
    if z.dim() < 2 or directions.dim() != 2 or z.size(-1) != directions.size(0):
        raise DataError(f"embeddings [..., N, D] need directions [D, S], found {[*z.shape]} and {[*directions.shape]}")
    with torch.autocast(z.device.type, enabled=False):
        return z.float() @ directions
