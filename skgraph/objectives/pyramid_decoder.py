"""GFP's pyramid decoder."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.layers import Block, initialise
from skgraph.encoders.token_grid import GridEmbedding
from skgraph.errors import ConfigError
from skgraph.objectives.mlp import BatchNorm, mlp


class PyramidDecoder(nn.Module):
    r"""Predict features of ever longer windows from the visible tokens (GFP, section 3.2).

    Visible latents and mask tokens, with joint and time embeddings, are averaged over windows of ``levels[0]`` patches
    and go through a transformer block; its output is averaged further and goes through the next block, until the last
    level. Its mean over joints and windows goes through an MLP, the prediction for the whole action. A projector behind
    each target gives its width. With 25 joints and 30 patches, levels of 5, 10 and 30 make 150 + 75 + 25 + 1 = 251
    predictions instead of 750.

    Blocks above the coarsest target are not built.

    Args:
        in_dim: width of the latents.
        grid: patches and joints, ``(T_e, V)``.
        out_dims: width of each target that is predicted: window length in patches, or ``"g"`` for the whole action.
        levels: window lengths in patches, from short to long, each a multiple of the one before; the paper's ``t_1 ..
            t_k``.
        dim: width of the blocks; ``in_dim`` if not given.
        heads: attention heads.
        mlp_ratio: hidden width of the blocks' MLPs over ``dim``.
        hidden_dim: hidden width of the projectors of local targets.
        global_dim: width of the global MLP and its projector.
        projector_layers: layers of the projectors.
        projector_norm: ``"layer"``, or ``"batch"`` as in VICReg's projectors.

    Raises:
        ConfigError: windows that do not divide each other or the patches, or a target without a level.
    """

    def __init__(
        self,
        in_dim: int,
        grid: tuple[int, int],
        out_dims: Mapping[int | str, int],
        levels: Sequence[int] = (5, 10, 30),
        dim: int | None = None,
        heads: int = 8,
        mlp_ratio: float = 4.0,
        hidden_dim: int = 512,
        global_dim: int = 2048,
        projector_layers: int = 3,
        projector_norm: Literal["layer", "batch"] = "layer",
    ) -> None:
        super().__init__()
        at_least(
            "PyramidDecoder",
            1,
            dim=dim,
            heads=heads,
            hidden_dim=hidden_dim,
            global_dim=global_dim,
            projector_layers=projector_layers,
        )
        if projector_norm not in ("layer", "batch"):
            raise ConfigError(f"PyramidDecoder: projector_norm must be 'layer' or 'batch', found '{projector_norm}'")
        norm = BatchNorm if projector_norm == "batch" else nn.LayerNorm
        check_levels(levels, grid[0])
        if unknown := [target for target in out_dims if target not in (*levels, "g")]:
            raise ConfigError(
                f"targets are window lengths among the levels {list(levels)}, or 'g' for the whole action; found "
                f"{', '.join(map(repr, unknown))}"
            )
        dim = dim or in_dim
        local = [target for target in out_dims if isinstance(target, int)]
        self.levels = [level for level in levels if "g" in out_dims or level <= max(local)]
        self.patches = grid[0]
        self.embed = nn.Linear(in_dim, dim)
        self.positions = GridEmbedding(grid, dim)
        self.mask_token = nn.Parameter(torch.empty(dim))
        nn.init.normal_(self.mask_token, std=0.02)
        self.blocks = nn.ModuleList(Block(dim, heads, mlp_ratio) for _ in self.levels)
        self.norms = nn.ModuleDict({str(target): nn.LayerNorm(dim) for target in out_dims})
        self.projectors = nn.ModuleDict(
            {str(target): mlp(dim, hidden_dim, out_dims[target], projector_layers, norm) for target in local}
        )
        if "g" in out_dims:
            self.action = mlp(dim, global_dim, global_dim, 2)
            self.projectors["g"] = mlp(global_dim, global_dim, out_dims["g"], projector_layers, norm)
        self.apply(initialise)

    def forward(self, latents: Tensor, visible: Tensor) -> dict[int | str, Tensor]:
        """Predict every target.

        Args:
            latents: encoded visible tokens ``[B, K, in_dim]``.
            visible: their token ids ``[B, K]``.

        Returns:
            ``[B, T_e / t * V, out_dim]`` by window length ``t`` in patches, ``[B, 1, out_dim]`` for ``"g"``.
        """
        x, length = self._first_windows(latents, visible), self.levels[0]
        predictions: dict[int | str, Tensor] = {}
        for level, block in zip(self.levels, self.blocks, strict=True):
            x = block(_mean_of_neighbours(x, self.patches // length, self.patches // level))
            length = level
            if str(level) in self.projectors:
                predictions[level] = self.projectors[str(level)](self.norms[str(level)](x))
        if "g" in self.projectors:
            action = self.action(self.norms["g"](x).mean(dim=1, keepdim=True))
            predictions["g"] = self.projectors["g"](action)
        return predictions

    def _first_windows(self, latents: Tensor, visible: Tensor) -> Tensor:
        """Average latents, mask tokens and embeddings over the windows of the first level: ``[B, T_e / t * V, D]``.

        All hidden tokens are the same mask token, so the average needs the visible ones only, and the sequence of all
        tokens is never made.
        """
        positions, length = self.positions(), self.levels[0]
        windows, joints = self.patches // length, len(positions) // self.patches
        seen = self.embed(latents)
        window = visible // (joints * length) * joints + visible % joints  # [B, K]
        index = window[..., None].expand(-1, -1, seen.size(-1))
        mask = self.mask_token.to(seen.dtype)
        difference = seen.new_zeros(len(seen), windows * joints, seen.size(-1))
        difference = difference.scatter_add(1, index, seen - mask) / length
        positions = _mean_of_neighbours(positions[None], self.patches, windows)
        return difference + mask + positions.to(seen.dtype)


def check_levels(levels: Sequence[int], patches: int) -> None:
    """Raise a ConfigError unless the windows nest and tile the patches."""
    if not levels or any(isinstance(level, bool) or not isinstance(level, int) or level < 1 for level in levels):
        raise ConfigError(f"levels must be window lengths in patches, such as [5,10,30], found {list(levels)}")
    for short, long in itertools.pairwise(levels):
        if long <= short or long % short:
            raise ConfigError(f"each level must be a multiple of the one before, found {short} and then {long}")
    if patches % levels[-1]:
        raise ConfigError(f"windows of {levels[-1]} patches do not divide the {patches} patches of the token grid")


def _mean_of_neighbours(x: Tensor, windows: int, fewer: int) -> Tensor:
    """Average neighbouring windows of each joint: ``[B, windows * V, D]`` to ``[B, fewer * V, D]``."""
    if fewer == windows:
        return x
    return x.unflatten(1, (fewer, windows // fewer, -1)).mean(dim=2).flatten(1, 2)
