"""Masked regression of raw tokens: MAMP and SkeletonMAE."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from skgraph.encoders.encoder import Encoder
from skgraph.encoders.token_grid import patchify
from skgraph.errors import ConfigError
from skgraph.objectives.objective import Objective
from skgraph.objectives.predictor import Predictor


class MaskedRegression(Objective):
    r"""Reconstruct the raw masked tokens from the visible ones, in normalised coordinates.

    ``target="motion"`` is MAMP (Mao et al., *Masked Motion Predictors are Strong 3D Action Representation Learners*,
    ICCV 2023), whose tokens hold temporal differences :math:`x_{t+1} - x_t`, zero in the last frame; ``target="joint"``
    is SkeletonMAE (Wu et al., ICMEW 2023), whose tokens hold joints. With ``normalise``, every token's target is
    normalised by its own mean and deviation, so that still joints count as much as fast ones:

    .. math:: \mathcal L = \frac{1}{|\mathcal M|} \sum_{i \in \mathcal M} \frac{1}{lC}
        \Big\lVert \hat x_i - \frac{x_i - \mu_i}{\sqrt{\sigma_i^2 + \epsilon}} \Big\rVert^2 .

    Args:
        encoder: any encoder of :mod:`skgraph.encoders`.
        frames: frames of a view, ``T``.
        target: ``"motion"`` or ``"joint"``.
        channels: coordinates of a joint, ``C``.
        decoder: called as ``decoder(in_dim=..., grid=..., out_dim=...)``; a transformer over all tokens.
        normalise: normalise each target token by its own mean and deviation.

    Raises:
        ConfigError: an unknown target.
    """

    one_skeleton = None

    def __init__(
        self,
        encoder: Encoder,
        frames: int,
        target: Literal["motion", "joint"],
        channels: int = 3,
        decoder: Callable[..., nn.Module] = partial(Predictor, depth=5),
        normalise: bool = True,
    ) -> None:
        super().__init__()
        if target not in ("motion", "joint"):
            raise ConfigError(f"objective.target must be 'motion' or 'joint', found '{target}'")
        self.target, self.normalise = target, normalise
        self.encoder = encoder
        self.decoder = decoder(in_dim=encoder.dim, grid=encoder.grid, out_dim=frames // encoder.grid[0] * channels)
        self._place_joints(self.decoder)

    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See :class:`~skgraph.objectives.objective.Objective`; the log has ``prediction_std``."""
        self.check_inputs(views, visible, masked)
        predictions = self.predict(views[0], visible, masked)
        targets = self.targets(views[0])
        targets = targets.gather(1, masked[..., None].expand(-1, -1, targets.size(-1)))
        logs = {"prediction_std": predictions.detach().flatten(0, 1).std(dim=0).mean()}
        return (predictions - targets).square().mean(), logs

    def predict(self, view: Tensor, visible: Tensor, masked: Tensor) -> Tensor:
        """Compute predictions ``[B, L - K, l * C]`` at the masked tokens of a view ``[B, T, V, C]``."""
        return self.decoder(self.encoder(view, visible), visible, masked).float()

    @torch.no_grad()
    def targets(self, joints: Tensor) -> Tensor:
        """Compute targets ``[B, L, l * C]`` of every token of a view ``[B, T, V, C]``."""
        x = joints.float()
        if self.target == "motion":
            x = torch.cat([x[:, 1:] - x[:, :-1], torch.zeros_like(x[:, :1])], dim=1)
        x = patchify(x, self.encoder.grid[0])
        if self.normalise:
            variance, mean = torch.var_mean(x, dim=-1, keepdim=True)
            x = (x - mean) * (variance + 1e-6).rsqrt()
        return x
