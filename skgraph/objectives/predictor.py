"""The predictor of a joint-embedding predictive architecture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.layers import Block, initialise
from skgraph.encoders.token_grid import GridEmbedding


class Predictor(nn.Module):
    r"""Narrow transformer from visible latents to predictions at the masked tokens (overview of S-JEPA, section 4.3).

    Visible tokens enter as their latent, masked tokens as one learned mask token; both carry joint and time embeddings.
    Every token carries its position, so the two groups are concatenated instead of scattered into grid order.

    Args:
        in_dim: width of the latents.
        grid: patches and joints, ``(T_e, V)``.
        out_dim: width of a prediction (K in the paper).
        dim: width of the predictor; ``in_dim`` if not given.
        depth: blocks, fewer than the encoder's.
        heads: attention heads.
        mlp_ratio: hidden width of the MLPs over ``dim``.
    """

    def __init__(
        self,
        in_dim: int,
        grid: tuple[int, int],
        out_dim: int,
        dim: int | None = None,
        depth: int = 4,
        heads: int = 8,
        mlp_ratio: float = 4.0,
    ) -> None:
        super().__init__()
        at_least("Predictor", 1, dim=dim, depth=depth, heads=heads, out_dim=out_dim)
        dim = dim or in_dim
        self.embed = nn.Linear(in_dim, dim)
        self.positions = GridEmbedding(grid, dim)
        self.mask_token = nn.Parameter(torch.empty(dim))
        nn.init.normal_(self.mask_token, std=0.02)
        self.blocks = nn.ModuleList(Block(dim, heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, out_dim)
        self.apply(initialise)

    def forward(self, latents: Tensor, visible: Tensor, masked: Tensor) -> Tensor:
        """Predict the masked tokens.

        Args:
            latents: encoded visible tokens ``[B, K, in_dim]``.
            visible: their token ids ``[B, K]``.
            masked: the other token ids ``[B, L - K]``.

        Returns:
            predictions ``[B, L - K, out_dim]`` in the order of ``masked``.
        """
        seen = self.embed(latents)
        hidden = self.mask_token.to(seen.dtype) + self.positions(masked).to(seen.dtype)
        x = torch.cat([seen + self.positions(visible).to(seen.dtype), hidden], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, visible.size(1) :]))
