"""What features know: linear probes for the action, and for what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from skgraph.evaluation.knn import knn_scores
from skgraph.evaluation.linear import linear_scores

FOLDS = 5


@dataclass(frozen=True)
class Facts:
    """What is known of bodies, to be read from their features.

    Attributes:
        action: labels ``[n]``; -1 where there is none.
        subject: person of each body, ``[n]``; -1 where unknown.
        pose: the mean pose over time, relative to its centre, ``[n, V * C]`` in metres.
        speed: logarithm of the mean speed of the joints, ``[n, 1]``.
    """

    action: Tensor
    subject: Tensor
    pose: Tensor
    speed: Tensor


def knowledge(features: Tensor, facts: Facts, turned: Tensor, angle: Tensor) -> dict[str, float]:
    """How much of what is known can be read from features by a linear probe.

    Whatever can differ between people is read from people whom the probe has not seen: they are dealt into five groups,
    each predicted from the other four (without known subjects, bodies are dealt). The encoder may have seen them all.

    Args:
        features: ``[n, D]``.
        facts: of the same bodies.
        turned: features ``[n, D]`` of the same bodies, each turned about the vertical by its ``angle [n]``.

    Returns:
        shares in per cent, ``action`` (exact linear probe) and ``neighbour`` (the label of the nearest one by cosine),
        of unseen people, where every body has one of several labels; ``subject``, of every other body of each person,
        where at least two are known; and shares of the variance explained by ridge regression, of unseen people:
        ``pose``, ``speed``, ``view``. A share below 0 is worse than the mean.
    """
    fold = folds(facts.subject)
    known = {
        "pose": explained(features, facts.pose, fold),
        "speed": explained(features, facts.speed, fold),
        "view": explained(turned, angle[:, None], fold),
    }
    if len(facts.action.unique()) > 1 and (facts.action >= 0).all():
        known["action"] = _accuracy(features, facts.action, fold)
        known["neighbour"] = _neighbour(features, facts.action, fold)
    people = facts.subject.unique()
    if len(people) > 1 and (people >= 0).all():
        _, person = facts.subject.unique(return_inverse=True)
        known["subject"] = _accuracy(features, person, _alternating(person))
    return known


def folds(subject: Tensor) -> Tensor:
    """The group ``[n]`` of each body: people dealt in turn, or bodies where people are unknown or fewer than two."""
    people, index = subject.unique(return_inverse=True)
    if len(people) < 2 or (people < 0).any():
        index = torch.arange(len(subject))
    return index % min(FOLDS, len(index.unique()))


def explained(features: Tensor, values: Tensor, fold: Tensor, strength: float = 1.0) -> float:
    r"""Share of the variance of ``values [n, k]`` that a ridge regression explains, in per cent.

    :math:`100 (1 - \mathrm{SSE} / \mathrm{SST})` over the groups in turn, each predicted from the others; SST is about
    the mean of the others. Features are standardised, and :math:`\lVert XW - Y \rVert^2 + s \lVert W \rVert^2` is
    minimal.

    Args:
        features: ``[n, D]``.
        values: ``[n, k]``.
        fold: group of each row, ``[n]``.
        strength: ``s``.
    """
    wrong = total = 0.0
    for held in _held(fold):
        x, y = features[~held].double(), values[~held].double()
        mean, scale, middle = x.mean(dim=0), x.std(dim=0).clamp(min=1e-8), y.mean(dim=0)
        x = (x - mean) / scale
        gram = x.T @ x + strength * torch.eye(x.size(1), dtype=x.dtype)
        weight = torch.linalg.solve(gram, x.T @ (y - middle))
        found = (features[held].double() - mean) / scale @ weight + middle
        wrong += float((found - values[held]).square().sum())
        total += float((values[held] - middle).square().sum())
    return 100 * (1 - wrong / total) if total > 0 else 0.0


def _accuracy(features: Tensor, y: Tensor, fold: Tensor) -> float:
    right = 0
    for held in _held(fold):
        (scores,) = linear_scores(features[~held], y[~held], [features[held]], int(y.max()) + 1)
        right += int((scores.argmax(dim=1) == y[held]).sum())
    return 100 * right / len(y)


def _neighbour(features: Tensor, y: Tensor, fold: Tensor) -> float:
    right = 0
    for held in _held(fold):
        scores = knn_scores(features[~held], y[~held], features[held], int(y.max()) + 1, 1)
        right += int((scores.argmax(dim=1) == y[held]).sum())
    return 100 * right / len(y)


def _held(fold: Tensor) -> list[Tensor]:
    """The rows of each group, ``[n]`` bool; all groups have rows."""
    return [fold == group for group in fold.unique().tolist()]


def _alternating(person: Tensor) -> Tensor:
    """Two groups ``[n]``: every other body of each person."""
    order = person.argsort(stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    first = torch.full((int(person.max()) + 1,), len(person)).scatter_reduce(0, person, rank, "amin")
    return (rank - first[person]) % 2
