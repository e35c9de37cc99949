"""Linear probes of features for the action, the person, the pose, the speed and the heading; their similarity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from skgraph.evaluation.classifiers.linear_probe import linear_scores
from skgraph.evaluation.classifiers.nearest_neighbours import knn_scores

FOLDS = 5


@dataclass(frozen=True)
class ProbeTargets:
    """Properties of bodies that probes read from features.

    Attributes:
        action: labels ``[n]``; -1 where there is none.
        subject: person of each body, ``[n]``; -1 where unknown.
        pose: mean pose over time, relative to its centre, ``[n, V * C]`` in metres.
        speed: logarithm of the mean speed of the joints, ``[n, 1]``.
    """

    action: Tensor
    subject: Tensor
    pose: Tensor
    speed: Tensor


def probe_features(features: Tensor, targets: ProbeTargets, turned: Tensor, angle: Tensor) -> dict[str, float]:
    """Probe features for properties of their bodies.

    All but ``subject`` are cross-validated over five groups of people, so that a probe is tested on people it has not
    seen (without known subjects, over groups of bodies). The encoder may have seen them all.

    Args:
        features: ``[n, D]``.
        targets: properties of the same bodies.
        turned: features ``[n, D]`` of the same bodies, each turned about the vertical by its ``angle [n]``.

    Returns:
        accuracies in per cent, ``action`` (exact linear probe) and ``neighbour`` (label of the nearest feature by
        cosine), where every body has one of several labels; ``subject``, of every other body of each person, where two
        are known; and the variance explained by ridge regression in per cent, ``pose``, ``speed`` and ``view``; below 0
        is worse than the mean.
    """

    def linear(train_x: Tensor, train_y: Tensor, test_x: Tensor, num_classes: int) -> Tensor:
        return linear_scores(train_x, train_y, [test_x], num_classes)[0]

    fold = folds(targets.subject)
    found = {key: explained(features, getattr(targets, key), fold) for key in ("pose", "speed")}
    found["view"] = explained(turned, angle[:, None], fold)
    if len(targets.action.unique()) > 1 and (targets.action >= 0).all():
        found["action"] = _accuracy(linear, features, targets.action, fold)
        found["neighbour"] = _accuracy(knn_scores, features, targets.action, fold)
    people = targets.subject.unique()
    if len(people) > 1 and (people >= 0).all():
        _, person = targets.subject.unique(return_inverse=True)
        found["subject"] = _accuracy(linear, features, person, _alternating(person))
    return found


def folds(subject: Tensor) -> Tensor:
    """Assign people to groups ``[n]``; bodies, where people are unknown or fewer than two."""
    people, index = subject.unique(return_inverse=True)
    if len(people) < 2 or (people < 0).any():
        index = torch.arange(len(subject))
    return index % min(FOLDS, len(index.unique()))


def explained(features: Tensor, values: Tensor, fold: Tensor, strength: float = 1.0) -> float:
    r"""Return the share of the variance of ``values [n, k]`` that a ridge regression explains, in per cent.

    :math:`100 (1 - \mathrm{SSE} / \mathrm{SST})` over the groups in turn, each predicted from the others; SST is about
    the mean of the others. The regression minimises :math:`\lVert XW - Y \rVert^2 + s \lVert W \rVert^2` on
    standardised features.

    Args:
        features: ``[n, D]``.
        values: ``[n, k]``.
        fold: group of each row, ``[n]``.
        strength: ``s``.
    """
    wrong = total = 0.0
    for group in fold.unique():
        held = fold == group
        x, y = features[~held].double(), values[~held].double()
        mean, scale, middle = x.mean(dim=0), x.std(dim=0).clamp(min=1e-8), y.mean(dim=0)
        x = (x - mean) / scale
        gram = x.T @ x + strength * torch.eye(x.size(1), dtype=x.dtype)
        weight = torch.linalg.solve(gram, x.T @ (y - middle))
        found = (features[held].double() - mean) / scale @ weight + middle
        wrong += float((found - values[held]).square().sum())
        total += float((values[held] - middle).square().sum())
    return 100 * (1 - wrong / total) if total > 0 else 0.0


def linear_cka(a: Tensor, b: Tensor) -> float:
    r"""Compute linear centred kernel alignment (Kornblith et al., ICML 2019, equation 3 with a linear kernel).

    .. math:: \frac{\lVert A^\top B \rVert_F^2}{\lVert A^\top A \rVert_F \, \lVert B^\top B \rVert_F}

    of centred features: 1 for a rotation and scaling, 0 for uncorrelated features.

    Args:
        a: ``[n, D]``.
        b: ``[n, D']``, of the same bodies.

    Returns:
        in [0, 1]; 0 where the features do not vary.
    """
    a, b = (x.double() - x.double().mean(dim=0) for x in (a, b))
    scale = torch.linalg.matrix_norm(a.T @ a) * torch.linalg.matrix_norm(b.T @ b)
    return float((a.T @ b).square().sum() / scale) if scale > 0 else 0.0


def _accuracy(classify: Callable[..., Tensor], features: Tensor, y: Tensor, fold: Tensor) -> float:
    right = 0
    for group in fold.unique():
        held = fold == group
        scores = classify(features[~held], y[~held], features[held], int(y.max()) + 1)
        right += int((scores.argmax(dim=1) == y[held]).sum())
    return 100 * right / len(y)


def _alternating(person: Tensor) -> Tensor:
    """Split every other body of each person into two groups ``[n]``."""
    order = person.argsort(stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    first = torch.full((int(person.max()) + 1,), len(person)).scatter_reduce(0, person, rank, "amin")
    return (rank - first[person]) % 2
