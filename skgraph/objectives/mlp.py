"""Multi-layer perceptrons of target networks and projectors."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn import functional as F

from skgraph._internal.distributed import num_ranks


class BatchNorm(nn.Module):
    """Normalise features ``[..., D]`` by the mean and variance of all rows of the batch, over all processes.

    It keeps no running statistics: a projector is not part of the encoder that an evaluation takes. (torch's
    ``SyncBatchNorm`` needs a GPU.)

    Args:
        dim: width ``D``.
        eps: added to the variance.
    """

    def __init__(self, dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(0, -2)
        if (ranks := num_ranks()) == 1:
            y = F.batch_norm(rows, None, None, self.weight, self.bias, training=True, eps=self.eps)
        else:
            z = rows.float()
            mean = all_reduce(z.mean(dim=0)) / ranks
            variance = all_reduce((z - mean).square().mean(dim=0)) / ranks
            y = (z - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias
        return y.view(x.shape)


def mlp(in_dim: int, hidden_dim: int, out_dim: int, layers: int, norm: type[nn.Module] = nn.LayerNorm) -> nn.Sequential:
    """Build ``layers`` linear layers with a norm and GELU between them.

    LayerNorm depends on neither batch nor rank. :class:`~skgraph.objectives.BatchNorm`, of LeJEPA's and VICReg's
    projectors, uses the statistics of all ranks.
    """
    widths = [in_dim, *[hidden_dim] * (layers - 1)]
    steps: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        steps += [nn.Linear(before, after), norm(after), nn.GELU()]
    return nn.Sequential(*steps, nn.Linear(widths[-1], out_dim))
