"""Features of bodies from an encoder's tokens."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
from torch import Tensor

from skgraph.errors import ConfigError

Pool = Literal["mean", "mean_std", "class", "class_mean", "joints"]
POOLS = get_args(Pool)


def check_pool(encoder: Any, pool: str) -> None:
    """Raise a ConfigError if ``pool`` is unknown, or needs a class token that the encoder does not have."""
    if pool not in POOLS:
        raise ConfigError(f"pool must be one of {', '.join(POOLS)}, found '{pool}'")
    if pool in ("class", "class_mean") and not hasattr(encoder, "encode_grid"):
        raise ConfigError(f"pool={pool} needs an encoder with a class token, found {type(encoder).__name__}")


def pooled_width(encoder: Any, pool: Pool) -> int:
    """Return the width of the features of :func:`pooled`."""
    return encoder.dim * {"mean_std": 2, "class_mean": 2, "joints": encoder.grid[1]}.get(pool, 1)


def pooled(encoder: Any, joints: Tensor, pool: Pool = "mean") -> Tensor:
    """Encode whole bodies to one feature each.

    Args:
        encoder: an encoder; ``"class"`` and ``"class_mean"`` need one with a class token, as
            :class:`~skgraph.encoders.CompactEncoder` has.
        joints: ``[b, T, V, C]``.
        pool: ``"mean"`` of all tokens, ``[b, D]``; ``"mean_std"``, their mean and their standard deviation side by
            side, ``[b, 2 D]``; ``"class"`` token, ``[b, D]``; ``"class_mean"``, both side by side,
            ``[b, 2 D]``; ``"joints"``, tokens averaged over time, side by side, ``[b, V D]``.

    Raises:
        ConfigError: the encoder has no class token, or ``pool`` is unknown.
    """
    check_pool(encoder, pool)
    if pool in ("class", "class_mean"):
        class_token, tokens = encoder.encode_grid(joints)
        parts = [class_token] if pool == "class" else [class_token, tokens.float().mean(dim=1)]
        return torch.cat([part.float() for part in parts], dim=1)
    tokens = encoder(joints).float()
    if pool == "joints":
        return tokens.unflatten(1, encoder.grid).mean(dim=1).flatten(1)
    if pool == "mean_std":
        return torch.cat([tokens.mean(dim=1), tokens.std(dim=1, correction=0)], dim=1)
    return tokens.mean(dim=1)
