"""Exponential moving averages of modules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skgraph.errors import ConfigError


def ema_momentum(progress: float, start: float, end: float = 1.0) -> float:
    r"""Return the momentum of a cosine schedule from ``start`` to ``end`` (overview of S-JEPA, section 4.2).

    :math:`\tau(p) = \tau_1 - (\tau_1 - \tau_0) (1 + \cos \pi p) / 2` for a training progress ``p`` in [0, 1].
    """
    return end - (end - start) * (1 + math.cos(math.pi * progress)) / 2


def check_momentum(ema: Sequence[float]) -> None:
    """Raise a ConfigError unless first and last momentum rise within [0, 1]."""
    if len(ema) != 2 or not 0 <= ema[0] <= ema[1] <= 1:
        raise ConfigError(f"objective.ema must rise within [0, 1], found {list(ema)}")


@torch.no_grad()
def ema_update(target: nn.Module, online: nn.Module, momentum: float) -> None:
    """Move ``target`` towards ``online``: ``target <- momentum * target + (1 - momentum) * online``.

    Parameters and floating-point buffers move in one fused call each; integer buffers (counters) are copied.
    """
    targets: list[Tensor] = list(target.parameters())
    sources: list[Tensor] = list(online.parameters())
    for kept, new in zip(target.buffers(), online.buffers(), strict=True):
        if kept.is_floating_point():
            targets.append(kept)
            sources.append(new)
        else:
            kept.copy_(new)
    if targets:  # an identity has nothing to move
        torch._foreach_lerp_(targets, sources, 1 - momentum)
