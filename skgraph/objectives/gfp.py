"""GFP: predict learned features of windows and of the whole action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import mean_over_ranks, num_ranks
from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.token_grid import patchify
from skgraph.errors import ConfigError
from skgraph.objectives.objective import Objective
from skgraph.objectives.pyramid_decoder import PyramidDecoder
from skgraph.objectives.target_network import TargetNetwork, patch_motion, raw_windows, window_sizes
from skgraph.objectives.vicreg import vicreg_terms


class GFP(Objective):
    r"""General feature prediction (Sun et al., ICCV 2025).

    The encoder sees the visible tokens; a pyramid decoder predicts features :math:`Z_p` of windows of 5, 10 and 30
    patches of each joint and of the whole action; a target generation network (TGN) makes those features :math:`Z_t`
    from the motion of the whole view. Gradients flow into both, and variance and covariance terms on every level of
    targets keep the two from agreeing on a constant:

    .. math::
        \mathcal L = \lambda \, \mathcal L_{pred} + \sum_{j \in \mathcal J}
            \big(\alpha \mathcal L_{cov}(Z_{t_j}) + \beta \mathcal L_{var}(Z_{t_j})\big), \qquad
        \mathcal L_{pred} = \frac1M \sum_{j \in \mathcal J} \lVert Z_{p_j} - Z_{t_j} \rVert^2

    (equations 3 to 7). Choices that the paper leaves open:

    - ``reduction``: equation 3 sums over feature dimensions. With 512 and 2048 of them that term outweighs the variance
      term a hundred times and the targets shrink: on IRDS, after 10 epochs of the small recipe, their deviation is 0.01
      instead of 0.22 and the probes fall from 81.6 (kNN) and 84.9 (linear) to 72.1 and 80.7, those of a random encoder.
      ``"mean"``, the default, averages over dimensions.
    - ``statistics``: whether a local level's variance is taken between graphs or also between positions; see
      :func:`~skgraph.objectives.vicreg.vicreg_terms`.
    - ``scale_input``: the raw input of the TGN is divided by its root mean square over the batch and clamped to 5: a
      patch's motion is a few centimetres, and sensors jump.

    Args:
        encoder: any encoder of :mod:`skgraph.encoders`.
        frames: frames of a view, ``T``.
        channels: coordinates of a joint, ``C``.
        decoder: called as ``decoder(in_dim=..., grid=..., out_dims=...)``.
        target_network: called as ``target_network(grid=..., patch_dim=..., targets=...)``; ``None`` predicts the raw
            windows themselves (the starred variants of the paper's figure 3), without variance and covariance terms.
        targets: window lengths in patches, among the decoder's levels, and ``"g"`` for the whole action.
        target_input: input of the target network (table 4): ``"motion"``, the change of each joint to the next patch;
            ``"joint"``, its coordinates; ``"masked_joint"``, its coordinates with zeros where the encoder sees none.
        scale_input: divide that input by its root mean square and clamp it to 5.
        prediction_weight: :math:`\lambda`.
        covariance_weight: :math:`\alpha`.
        variance_weight: :math:`\beta`.
        gamma: deviation to reach in the variance term.
        reduction: over feature dimensions, ``"mean"`` or ``"sum"`` (equation 3).
        statistics: ``"position"`` or ``"all"``.

    Raises:
        ConfigError: an unknown value, or windows that do not fit the token grid.
    """

    one_skeleton = None

    def __init__(
        self,
        encoder: Encoder,
        frames: int,
        channels: int = 3,
        decoder: Callable[..., nn.Module] = PyramidDecoder,
        target_network: Callable[..., nn.Module] | None = TargetNetwork,
        targets: Sequence[int | str] = (5, 10, 30, "g"),
        target_input: Literal["motion", "joint", "masked_joint"] = "motion",
        scale_input: bool = True,
        prediction_weight: float = 5.0,
        covariance_weight: float = 5.0,
        variance_weight: float = 1.0,
        gamma: float = 1.0,
        reduction: Literal["mean", "sum"] = "mean",
        statistics: Literal["position", "all"] = "position",
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("target_input", target_input, ("motion", "joint", "masked_joint")),
            ("reduction", reduction, ("mean", "sum")),
            ("statistics", statistics, ("position", "all")),
        ):
            if value not in known:
                raise ConfigError(f"objective.{name} must be one of {', '.join(known)}, found '{value}'")
        at_least(
            "GFP",
            0,
            prediction_weight=prediction_weight,
            covariance_weight=covariance_weight,
            variance_weight=variance_weight,
            gamma=gamma,
        )
        if not targets or len(set(targets)) < len(targets):
            raise ConfigError(f"objective.targets must differ and not be empty, such as [5,10], found {list(targets)}")
        self.targets, self.target_input, self.scale_input = tuple(targets), target_input, scale_input
        self.prediction_weight, self.covariance_weight = prediction_weight, covariance_weight
        self.variance_weight, self.gamma = variance_weight, gamma
        self.reduction, self.statistics = reduction, statistics
        self.encoder = encoder
        patches = encoder.grid[0]
        patch_dim = frames // patches * channels
        for target in self.targets:
            if target == "g":
                continue
            if not isinstance(target, int):
                raise ConfigError(f"objective.targets are numbers of patches and the letter g, found '{target}'")
            if target < 1 or patches % target:
                raise ConfigError(
                    f"objective.targets: a window of {target} patches does not divide the {patches} patches of the "
                    "token grid"
                )
        self.target_network: Any = None
        out_dims = window_sizes(encoder.grid, patch_dim, self.targets)
        if target_network is not None:
            self.target_network = target_network(grid=encoder.grid, patch_dim=patch_dim, targets=self.targets)
            out_dims = self.target_network.out_dims
        self.decoder = decoder(in_dim=encoder.dim, grid=encoder.grid, out_dims=out_dims)
        self._place_joints(self.decoder)
        if "g" in self.targets:
            self.one_skeleton = "the target g reads all joints at once: leave it out of objective.targets"

    def forward(self, views: Tensor, visible: Tensor, masked: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """See :class:`~skgraph.objectives.objective.Objective`.

        The log has the terms of the loss, and ``target_std`` and ``prediction_std``, the deviation of features between
        graphs (mean over features, positions and levels).
        """
        self.check_inputs(views, visible, masked)
        if self.target_network is not None and self.training and views.size(1) < 2 and num_ranks() == 1:
            raise ConfigError("GFP compares the bodies of a batch: trainer.batch_size must be at least 2, found 1")
        predictions = self.decoder(self.encoder(views[0], visible), visible)
        targets = raw_windows(self._raw(views[0], visible), self.encoder.grid[1], self.targets)
        if self.target_network is not None:
            targets = self.target_network(targets)
        errors = []
        variance = covariance = predictions[self.targets[0]].new_zeros((), dtype=torch.float32)
        for target in self.targets:
            squares = (predictions[target].float() - targets[target].float()).square()
            errors.append((squares.mean(-1) if self.reduction == "mean" else squares.sum(-1)).flatten(1))
            if self.target_network is not None:
                terms = vicreg_terms(targets[target], self.gamma, self.statistics)
                variance, covariance = variance + terms[0], covariance + terms[1]
        prediction = torch.cat(errors, dim=1).mean()  # 1 / M over targets, 1 / B over graphs
        loss = self.prediction_weight * prediction
        logs = {"prediction_loss": prediction.detach(), "target_std": _spread(targets)}
        logs["prediction_std"] = _spread(predictions)
        if self.target_network is not None:
            loss = loss + self.covariance_weight * covariance + self.variance_weight * variance
            logs.update(variance_loss=variance.detach(), covariance_loss=covariance.detach())  # torch 2.6: no |=
        return loss, logs

    @torch.no_grad()
    def _raw(self, joints: Tensor, visible: Tensor) -> Tensor:
        """Return the raw tokens ``[B, L, l * C]`` of the target network's input."""
        tokens = patchify(joints.float(), self.encoder.grid[0])
        if self.target_input == "motion":
            tokens = patch_motion(tokens, self.encoder.grid[1])
        elif self.target_input == "masked_joint":
            seen = torch.zeros(tokens.shape[:2], device=tokens.device).scatter_(1, visible, 1.0)
            tokens = tokens * seen[..., None]
        if not self.scale_input:
            return tokens
        square = mean_over_ranks(tokens.square().mean())
        return (tokens / (square.sqrt() + 1e-6)).clamp(-5, 5)


@torch.no_grad()
def _spread(features: dict[int | str, Tensor]) -> Tensor:
    # Two means, one pass each: torch.std over the first dimension takes five times as long on a CPU.
    levels = (x.float() for x in features.values())
    variances = [x.square().mean(dim=0) - x.mean(dim=0).square() for x in levels]
    return torch.stack([variance.clamp(min=0).sqrt().mean() for variance in variances]).mean()
