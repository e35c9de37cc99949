"""AdamW with weight decay on matrices only, and its learning rate as a pure function of the step."""

from __future__ import annotations

import math

import torch
from torch import nn

from skgraph.errors import ContractError


def adamw(
    module: nn.Module,
    lr: float,
    weight_decay: float = 0.05,
    betas: tuple[float, float] = (0.9, 0.95),
    embed_lr: float = 1.0,
    decay_embeddings: bool = False,
) -> torch.optim.AdamW:
    """Build fused AdamW (Loshchilov and Hutter, 2019) over the trainable parameters of a module.

    Args:
        module: the module to train.
        lr: learning rate.
        weight_decay: of matrices, see :func:`is_decayed`.
        betas: betas of AdamW.
        embed_lr: learning rate of the encoder's patch embedding (``encoder.embed``) over ``lr``.
        decay_embeddings: apply weight decay to embeddings of positions and to mask tokens too.

    Returns:
        the optimiser, whose groups keep their ``lr_scale``.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {(weight_decay, 1.0): [], (0.0, 1.0): []}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            decay = weight_decay if is_decayed(name, parameter, decay_embeddings) else 0.0
            scale = embed_lr if name.startswith("encoder.embed.") else 1.0
            groups.setdefault((decay, scale), []).append(parameter)
    options = [{"params": params, "weight_decay": d, "lr_scale": s} for (d, s), params in groups.items()]
    return torch.optim.AdamW(options, lr=lr, betas=(betas[0], betas[1]), fused=True)


def is_decayed(name: str, parameter: nn.Parameter, embeddings: bool = False) -> bool:
    """Return whether weight decay applies to a parameter: to matrices, and to ``embeddings`` and tokens where asked.

    Embeddings of positions and tokens are named ``*embedding`` and ``*token(s)``.
    """
    return embeddings if name.endswith(("embedding", "token", "tokens")) else parameter.dim() > 1


def check_gradients(module: nn.Module) -> None:
    """Check, after a backward pass, that every parameter has a gradient.

    Raises:
        ContractError: naming the first parameter without.
    """
    for name, parameter in module.named_parameters():
        if parameter.requires_grad and parameter.grad is None:
            raise ContractError(f"{type(module).__name__} does not use its parameter '{name}': it gets no gradient")


def learning_rate(step: int, total: int, warmup: int, peak: float, final: float = 0.0, start: float = 0.0) -> float:
    """Return the learning rate of a linear warm-up from ``start`` to ``peak``, then half a cosine to ``final``.

    Source: Loshchilov and Hutter, SGDR, ICLR 2017.

    Args:
        step: optimiser steps done, ``0 .. total - 1``.
        total: all steps of the training.
        warmup: steps of the warm-up.
        peak: largest learning rate.
        final: learning rate at the end.
        start: learning rate before the first step.
    """
    if step < warmup:
        return start + (peak - start) * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return final + (peak - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
