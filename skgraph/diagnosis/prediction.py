"""Is what S-JEPA predicts more than a trivial answer?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skgraph.objectives import SJEPA, MaskedRegression


@dataclass(frozen=True)
class Prediction:
    """Mean squared distances between answers and targets at the masked tokens, where the loss compares them.

    Of distributions over the K outputs for the cross-entropy, of the targets themselves for L2.

    Attributes:
        predictor: of the predictor's answer.
        mean_token: of the mean of the clip's visible targets, the same for every masked token.
        position: of the mean over the bodies of the targets at that place of the grid: which joint, when.
        interpolated: of the targets of the same joint, linear in time between its visible tokens and constant beyond;
            the mean token where a joint has no visible token.
    """

    predictor: float
    mean_token: float
    position: float
    interpolated: float

    @property
    def skill(self) -> float:
        """Share of the best trivial answer's distance that the predictor saves; below 0 it is worse than trivial."""
        best = min(self.mean_token, self.position, self.interpolated)
        return 1 - self.predictor / best if best > 0 else 0.0


@torch.no_grad()
def answers(
    objective: SJEPA | MaskedRegression, views: Tensor, visible: Tensor, masked: Tensor
) -> tuple[Tensor, Tensor]:
    """What an objective predicts and what it wanted, where its loss compares them.

    Args:
        objective: in evaluation mode.
        views: ``[num_views, B, T, V, C]``.
        visible: ``[B, K]``, the tokens that the encoder sees.
        masked: ``[B, L - K]``, the others.

    Returns:
        answers ``[B, L - K, d]`` at the masked tokens, and targets ``[B, L, d]`` of all.
    """
    answer = objective.predict(views[0], visible, masked)
    target = objective.targets(views[-1])
    if isinstance(objective, SJEPA) and objective.loss == "ce":
        return (answer / objective.temperature).softmax(dim=-1), objective.target_distribution(target)
    return answer, target


@torch.no_grad()
def prediction(objective: SJEPA, views: Tensor, visible: Tensor, masked: Tensor) -> Prediction:
    """Compare an objective's predictions with trivial ones that may look at the visible *targets*.

    Args:
        objective, views, visible, masked: see :func:`~skgraph.diagnosis.prediction.answers`.
    """
    answer, target = answers(objective, views, visible, masked)
    wanted = _take(target, masked)
    seen = _take(target, visible)
    middle = seen.mean(dim=1, keepdim=True)
    position = _take(target.mean(dim=0, keepdim=True).expand_as(target), masked)
    between = _take(interpolate(target, visible, objective.encoder.grid), masked)
    return Prediction(*(float((a - wanted).square().sum(-1).mean()) for a in (answer, middle, position, between)))


def interpolate(tokens: Tensor, visible: Tensor, grid: tuple[int, int]) -> Tensor:
    """Every token from the visible ones of its joint: linear in time between them, constant beyond.

    Args:
        tokens: ``[B, L, K]``; what is hidden is not read.
        visible: token ids ``[B, k]``.
        grid: ``(T_e, V)``.

    Returns:
        ``[B, L, K]``; the mean of the visible tokens for joints that have none.
    """
    segments, joints = grid
    seen = torch.zeros(tokens.shape[:2], dtype=torch.bool, device=tokens.device).scatter_(1, visible, True)
    seen, values = seen.unflatten(1, grid), tokens.unflatten(1, grid)  # [B, T_e, V], [B, T_e, V, K]
    time = torch.arange(segments, device=tokens.device)[:, None].expand(segments, joints)
    before = torch.where(seen, time, -1).cummax(dim=1).values  # the last visible segment up to each, or -1
    after = torch.where(seen, time, segments).flip(1).cummin(dim=1).values.flip(1)  # the next one, or T_e
    nowhere = (before < 0) & (after == segments)
    before, after = torch.where(before < 0, after, before), torch.where(after == segments, before, after)
    weight = (time - before) / (after - before).clamp(min=1)
    low, high = (values.gather(1, i.clamp(0, segments - 1)[..., None].expand_as(values)) for i in (before, after))
    between = torch.lerp(low, high, weight[..., None].to(values.dtype))
    middle = _take(tokens, visible).mean(dim=1)[:, None, None]
    return torch.where(nowhere[..., None], middle, between).flatten(1, 2)


def _take(tokens: Tensor, index: Tensor) -> Tensor:
    return tokens.gather(1, index[..., None].expand(-1, -1, tokens.size(-1)))
