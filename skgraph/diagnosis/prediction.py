"""Errors of the predictions of S-JEPA beside those of trivial predictions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skgraph.objectives import SJEPA, MaskedRegression


@dataclass(frozen=True)
class PredictionErrors:
    """Mean squared distances to the targets at the masked tokens.

    Distances are between distributions over the K outputs for the cross-entropy, between latents for L2. Trivial
    predictions may use the visible *targets*.

    Attributes:
        predictor: distance of the predictions.
        mean_token: distance of the mean of a clip's visible targets.
        position: distance of the mean target of all bodies at that joint and time.
        interpolated: distance of the same joint's targets, linear in time between visible tokens and constant beyond;
            the mean token stands in for a joint without a visible one.
    """

    predictor: float
    mean_token: float
    position: float
    interpolated: float

    @property
    def skill(self) -> float:
        """Share of the best trivial error that the predictor saves; below 0 it is worse than trivial."""
        best = min(self.mean_token, self.position, self.interpolated)
        return 1 - self.predictor / best if best > 0 else 0.0


@torch.no_grad()
def predict_masked(
    objective: SJEPA | MaskedRegression, views: Tensor, visible: Tensor, masked: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the predictions ``[B, L - K, d]`` of the masked tokens and the targets ``[B, L, d]`` of all tokens.

    They are what the loss of the objective compares in evaluation mode.

    Args:
        objective: S-JEPA or a masked regression.
        views: ``[num_views, B, T, V, C]``.
        visible, masked: token ids, ``[B, K]`` and ``[B, L - K]``.
    """
    predicted = objective.predict(views[0], visible, masked)
    target = objective.targets(views[-1])
    if isinstance(objective, SJEPA) and objective.loss == "ce":
        return (predicted / objective.temperature).softmax(dim=-1), objective.target_distribution(target)
    return predicted, target


@torch.no_grad()
def prediction_errors(objective: SJEPA, views: Tensor, visible: Tensor, masked: Tensor) -> PredictionErrors:
    """Compare predictions with trivial ones; see :func:`~skgraph.diagnosis.prediction.predict_masked`."""
    predicted, target = predict_masked(objective, views, visible, masked)
    wanted = _take(target, masked)
    mean = _take(target, visible).mean(dim=1, keepdim=True)
    position = _take(target.mean(dim=0, keepdim=True).expand_as(target), masked)
    between = _take(interpolate(target, visible, objective.encoder.grid), masked)
    return PredictionErrors(
        *(float((each - wanted).square().sum(-1).mean()) for each in (predicted, mean, position, between))
    )


def interpolate(tokens: Tensor, visible: Tensor, grid: tuple[int, int]) -> Tensor:
    """Interpolate tokens ``[B, L, D]`` of each joint between its visible ones ``[B, K]``.

    Interpolation is linear in time, and constant beyond the first and the last. Joints without a visible token have
    the mean of all visible tokens. Masked tokens are not read.
    """
    patches, joints = grid
    seen = torch.zeros(tokens.shape[:2], dtype=torch.bool, device=tokens.device).scatter_(1, visible, True)
    seen, values = seen.unflatten(1, grid), tokens.unflatten(1, grid)  # [B, T_e, V], [B, T_e, V, D]
    time = torch.arange(patches, device=tokens.device)[:, None].expand(patches, joints)
    before = torch.where(seen, time, -1).cummax(dim=1).values  # the last visible patch up to each, or -1
    after = torch.where(seen, time, patches).flip(1).cummin(dim=1).values.flip(1)  # the next one, or T_e
    nowhere = (before < 0) & (after == patches)
    before, after = torch.where(before < 0, after, before), torch.where(after == patches, before, after)
    weight = (time - before) / (after - before).clamp(min=1)
    low, high = (values.gather(1, i.clamp(0, patches - 1)[..., None].expand_as(values)) for i in (before, after))
    between = torch.lerp(low, high, weight[..., None].to(values.dtype))
    middle = _take(tokens, visible).mean(dim=1)[:, None, None]
    return torch.where(nowhere[..., None], middle, between).flatten(1, 2)


def _take(tokens: Tensor, index: Tensor) -> Tensor:
    return tokens.gather(1, index[..., None].expand(-1, -1, tokens.size(-1)))
