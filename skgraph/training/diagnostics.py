"""What the features look like while they train, and the alarm when they collapse."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

# Thresholds of the alarm, far from what runs that learn show on three datasets, 128 wide, at any step: rank 9 to 39,
# features' deviation 0.07 to 0.8, targets' 0.15 to 0.9. GFP's targets that have collapsed: 0.01 to 0.02.
MIN_RANK = 2.0
MIN_STD = {"feature_std": 1e-3, "target_std": 0.03}
UNIFORM_ENTROPY = 0.99
ONE_HOT_ENTROPY = 0.01


def rankme(features: Tensor, eps: float = 1e-7) -> Tensor:
    r"""Effective rank of a feature matrix (RankMe; Garrido et al., ICML 2023, equation 1).

    :math:`\exp(-\sum_k p_k \log p_k)` with :math:`p_k = \sigma_k / \lVert \sigma \rVert_1 + \epsilon` over the singular
    values of the centred features. Centring makes a constant vector rank 1 whatever its length.

    Args:
        features: ``[n, D]``.
    """
    features = features.double()
    sigma = torch.linalg.svdvals(features - features.mean(dim=0))
    p = sigma / sigma.sum().clamp(min=eps) + eps
    return torch.exp(-(p * p.log()).sum()).float()


@torch.no_grad()
def feature_diagnostics(encoder: nn.Module, joints: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Mean-pooled features of whole bodies, and their statistics.

    Args:
        encoder: encodes in evaluation mode; its mode is restored.
        joints: ``[n, T, V, C]``, prepared like a training view without augmentation.

    Returns:
        features ``[n, D]``, and ``rankme`` and ``feature_std`` (mean over dimensions of the deviation over clips). Of
        fewer than eight bodies these would say nothing, and are left out.
    """
    training = encoder.training
    encoder.eval()
    features = torch.cat([encoder(chunk).float().mean(dim=1) for chunk in joints.split(64)])
    encoder.train(training)
    if len(features) < 8:
        return features, {}
    return features, {"rankme": float(rankme(features)), "feature_std": float(features.std(dim=0).mean())}


def online_knn(features: Tensor, y: Tensor, group: Tensor) -> float | None:
    """How many bodies have the label of their nearest neighbour among other people's, in per cent.

    A look at what is learnt while it is learnt, within the training part: the encoder has seen all of these people, so
    that it says more about one run over time than about new people.

    Args:
        features: ``[n, D]``, compared by cosine.
        y: labels ``[n]``; bodies with a negative one are left out.
        group: the person of each body, or whatever its neighbour must not share, ``[n]``.

    Returns:
        ``None`` where bodies of fewer than two labels or of fewer than two groups are known.
    """
    known = y >= 0
    x, y, group = nn.functional.normalize(features[known].float(), dim=1), y[known], group[known]
    if len(y.unique()) < 2 or len(group.unique()) < 2:
        return None
    near = (x @ x.T).masked_fill(group[:, None] == group, -math.inf)
    return float(100 * (y[near.argmax(dim=1)] == y).float().mean())


def collapse_warning(values: Mapping[str, float]) -> str | None:
    """One sentence when the diagnostics show a collapse, otherwise nothing.

    Args:
        values: any of ``rankme``, ``feature_std`` and an objective's ``prediction_entropy``, ``target_entropy``
            (shares of ``log K``) and ``target_std``.
    """
    signs = []
    if values.get("rankme", math.inf) < MIN_RANK:
        signs.append(f"the effective rank of the features is {values['rankme']:.2f} (below {MIN_RANK:g})")
    for key, least in MIN_STD.items():
        if values.get(key, math.inf) < least:
            signs.append(f"{key} is {values[key]:.1e} (below {least:g})")
    for key in ("prediction_entropy", "target_entropy"):
        if values.get(key, 0.5) > UNIFORM_ENTROPY:
            signs.append(f"{key} is {values[key]:.3f} of its maximum: the distributions are uniform")
    if values.get("prediction_entropy", 0.5) < ONE_HOT_ENTROPY and values.get("target_entropy", 0.5) < ONE_HOT_ENTROPY:
        signs.append("predictions and targets are one-hot")
    return f"collapse: {'; '.join(signs)}" if signs else None
