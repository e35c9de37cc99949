"""GFP's target generation network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.layers import initialise
from skgraph.objectives.mlp import mlp


class TargetNetwork(nn.Module):
    """Light MLPs from raw windows to the features to predict: the TGN (GFP, section 3.3).

    One MLP a level reads a joint over a window of ``t`` patches, ``[t * l * C]``; the global one reads the whole
    action, ``[T_e * V * l * C]``. The paper's base is three layers, its shallow variant two, its wide one four layers
    of twice the hidden width with targets as wide as before (table 5).

    Args:
        grid: patches and joints, ``(T_e, V)``.
        patch_dim: numbers in a raw token, ``l * C``.
        targets: window lengths in patches, and ``"g"`` for the whole action.
        hidden_dim: width of the local MLPs.
        global_dim: width of the global MLP.
        layers: layers of each MLP.
        target_dim: width of the local targets; by default that of their MLPs.
        global_target_dim: width of the global target; by default that of its MLP.

    Attributes:
        out_dims: width of each target.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        patch_dim: int,
        targets: Sequence[int | str],
        hidden_dim: int = 512,
        global_dim: int = 2048,
        layers: int = 3,
        target_dim: int | None = None,
        global_target_dim: int | None = None,
    ) -> None:
        super().__init__()
        at_least("TargetNetwork", 1, hidden_dim=hidden_dim, global_dim=global_dim, layers=layers)
        at_least("TargetNetwork", 1, target_dim=target_dim, global_target_dim=global_target_dim)
        sizes = window_sizes(grid, patch_dim, targets)
        widths: dict[int | str, int] = {t: global_dim if t == "g" else hidden_dim for t in targets}
        own = {t: global_target_dim if t == "g" else target_dim for t in targets}
        self.out_dims = {t: own[t] or width for t, width in widths.items()}
        self.networks = nn.ModuleDict(
            {str(t): mlp(sizes[t], width, self.out_dims[t], layers) for t, width in widths.items()}
        )
        self.apply(initialise)

    def forward(self, windows: dict[int | str, Tensor]) -> dict[int | str, Tensor]:
        """Compute features ``[B, N, out_dim]`` of raw windows ``[B, N, size]``, by target."""
        return {target: self.networks[str(target)](x) for target, x in windows.items()}


def window_sizes(grid: tuple[int, int], patch_dim: int, targets: Sequence[int | str]) -> dict[int | str, int]:
    """Return the number of coordinates in the raw window of each target."""
    whole = grid[0] * grid[1]
    return {target: patch_dim * (target if isinstance(target, int) else whole) for target in targets}


def raw_windows(tokens: Tensor, joints: int, targets: Sequence[int | str]) -> dict[int | str, Tensor]:
    """Cut raw tokens into the windows of every target.

    Args:
        tokens: ``[B, T_e * V, l * C]``.
        joints: ``V``.
        targets: window lengths ``t`` in patches, and ``"g"``.

    Returns:
        ``[B, T_e / t * V, t * l * C]`` by target ``t``, and ``[B, 1, T_e * V * l * C]`` for ``"g"``.
    """
    windows: dict[int | str, Tensor] = {}
    for target in targets:
        if target == "g":
            windows[target] = tokens.flatten(1)[:, None]
        else:
            x = tokens.unflatten(1, (-1, target, joints)).transpose(2, 3)  # [B, T_e / t, V, t, l * C]
            windows[target] = x.flatten(3).flatten(1, 2)
    return windows


def patch_motion(tokens: Tensor, joints: int) -> Tensor:
    """Compute the change of each raw token to the next patch, ``X_e[1:] - X_e[:-1]``; zero in the last patch.

    Args:
        tokens: ``[B, T_e * V, l * C]``.
        joints: ``V``.
    """
    motion = torch.zeros_like(tokens)
    motion[:, :-joints] = tokens[:, joints:] - tokens[:, :-joints]
    return motion
