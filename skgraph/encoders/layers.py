"""The pre-norm transformer block that encoders, predictors and decoders share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skgraph._internal.options import at_least
from skgraph.errors import ConfigError


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al., 2017) over ``[B, tokens, D]``, by fused scaled dot product.

    Args:
        dim: width ``D``.
        heads: attention heads; divides ``dim``.

    Raises:
        ConfigError: ``heads`` does not divide ``dim``.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or dim % heads:
            raise ConfigError(f"heads must divide the width, found {heads} heads for a width of {dim}")
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, angles: Tensor | None = None) -> Tensor:
        """Attend; queries and keys are rotated by ``angles [tokens, D / heads / 2]`` if given, see :func:`rotate`."""
        batch, tokens, dim = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, dim // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each [B, heads, tokens, D / heads]
        if angles is not None:
            query, key = rotate(query, angles), rotate(key, angles)
        x = attend(query, key, value)
        return self.out(x.transpose(1, 2).reshape(batch, tokens, dim))


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Compute scaled dot-product attention over ``[B, heads, tokens, D / heads]``.

    Uses torch's fused kernel, except to train on short bf16 sequences on a CPU: there its backward pass is three times
    slower than the formula written out, whose memory matters for long sequences only.
    """
    fused = query.device.type != "cpu" or query.dtype != torch.bfloat16 or query.size(2) > 512
    if fused or not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(query, key, value)
    scores = (query * query.size(-1) ** -0.5) @ key.transpose(-1, -2)
    return scores.softmax(dim=-1) @ value


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Rotate pairs of features by angles (rotary embedding; Su et al., *RoFormer*, 2021).

    The pair ``i`` is the features ``i`` and ``i + d / 2``.

    Args:
        x: ``[..., tokens, d]``.
        angles: ``[tokens, d / 2]``.
    """
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class SwiGLU(nn.Module):
    """Gated feed-forward ``W (silu(G x) * (V x))`` with biases (Shazeer, *GLU variants*, 2020).

    Args:
        dim: width of input and output.
        hidden: width of gate and value, which one linear layer gives.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate_and_value = nn.Linear(dim, 2 * hidden)
        self.out = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.gate_and_value(x).chunk(2, dim=-1)
        return self.out(F.silu(gate) * value)


class DropPath(nn.Module):
    """Stochastic depth (Huang et al., 2016): in training, zero a residual branch of a sample with probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ConfigError(f"drop_path must be in [0, 1), found {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.size(0), *[1] * (x.dim() - 1), device=x.device) >= self.p
        return x * kept.to(x.dtype) / (1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Block(nn.Module):
    """Pre-norm transformer block: attention and a feed-forward network, each behind a LayerNorm and a residual.

    Args:
        dim: width ``D``.
        heads: attention heads.
        mlp_ratio: hidden width of the two-layer GELU MLP over ``dim``.
        drop_path: probability of dropping a residual branch of a sample.
        swiglu: take :class:`SwiGLU` in place of the MLP, with two thirds of its hidden width, rounded up to a multiple
            of 8: as many multiplications.
        eps: added to the variance by the norms.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        mlp_ratio: float = 4.0,
        drop_path: float = 0.0,
        swiglu: bool = False,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        at_least("Block", 1, dim=dim, mlp_width=dim * mlp_ratio)
        hidden = int(dim * mlp_ratio)
        self.norm1 = nn.LayerNorm(dim, eps)
        self.attention = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps)
        self.mlp: nn.Module
        if swiglu:
            self.mlp = SwiGLU(dim, 8 * math.ceil(int(dim * mlp_ratio * 2 / 3) / 8))
        else:
            self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, angles: Tensor | None = None) -> Tensor:
        """Transform ``[B, tokens, D]``; ``angles`` as in :meth:`Attention.forward`."""
        x = x + self.drop_path(self.attention(self.norm1(x), angles))
        return x + self.drop_path(self.mlp(self.norm2(x)))


def initialise_truncated(module: nn.Module) -> None:
    """Set truncated-normal weights of deviation 0.02 and zero biases of linear layers, as SLiM does (2026)."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


def initialise(module: nn.Module) -> None:
    """Set Xavier-uniform weights and zero biases of linear layers, as masked autoencoders do (He et al., 2022)."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
