"""Multi-layer perceptrons of target networks and projectors."""

from __future__ import annotations

import itertools

from torch import nn


def mlp(in_dim: int, hidden_dim: int, out_dim: int, layers: int) -> nn.Sequential:
    """``layers`` linear layers, LayerNorm and GELU between them.

    LayerNorm rather than the BatchNorm of VICReg: it knows neither the batch nor the rank, so that what keeps targets
    apart is the regularisation alone, and several processes compute what one would.
    """
    widths = [in_dim, *[hidden_dim] * (layers - 1)]
    steps: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        steps += [nn.Linear(before, after), nn.LayerNorm(after), nn.GELU()]
    return nn.Sequential(*steps, nn.Linear(widths[-1], out_dim))
