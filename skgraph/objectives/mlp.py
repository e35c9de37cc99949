"""Multi-layer perceptrons of target networks and projectors."""

from __future__ import annotations

import itertools

from torch import nn


def mlp(in_dim: int, hidden_dim: int, out_dim: int, layers: int) -> nn.Sequential:
    """Build ``layers`` linear layers with LayerNorm and GELU between them.

    LayerNorm replaces VICReg's BatchNorm: it depends on neither batch nor rank, so that the loss terms alone keep
    targets apart and several processes compute the same as one.
    """
    widths = [in_dim, *[hidden_dim] * (layers - 1)]
    steps: list[nn.Module] = []
    for before, after in itertools.pairwise(widths):
        steps += [nn.Linear(before, after), nn.LayerNorm(after), nn.GELU()]
    return nn.Sequential(*steps, nn.Linear(widths[-1], out_dim))
