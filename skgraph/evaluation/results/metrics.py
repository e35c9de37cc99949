"""What scores are worth: accuracy, its interval, confusion, calibration."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def top_k(scores: Tensor, y: Tensor, k: int = 1) -> float:
    """Share of rows whose label is among the ``k`` highest scores, in per cent; of equal scores the first is higher."""
    own = scores.gather(1, y[:, None])
    before = (scores == own) & (torch.arange(scores.size(1), device=y.device) < y[:, None])
    return 100 * float((((scores > own) | before).sum(dim=1) < k).double().mean())


def confusion_matrix(scores: Tensor, y: Tensor) -> Tensor:
    """Rows by true class and predicted class: ``[K, K]`` int64 counts."""
    classes = scores.size(1)
    pairs = y * classes + scores.argmax(dim=1)
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes)


def class_accuracy(confusion: Tensor) -> Tensor:
    """Share of each class's rows that are right, ``[K]`` in per cent; NaN for a class without rows."""
    return 100 * confusion.diagonal().double() / confusion.sum(dim=1)


def mean_class(confusion: Tensor) -> float:
    """Mean over the classes that have rows of their accuracy, in per cent."""
    return float(class_accuracy(confusion).nanmean())


def calibration_error(scores: Tensor, y: Tensor, bins: int = 15) -> float:
    r"""Expected calibration error of the softmax of logits, in per cent (Guo et al., ICML 2017, equation 3).

    :math:`\sum_b \frac{n_b}{n} \lvert \mathrm{acc}_b - \mathrm{conf}_b \rvert` over bins of equal width.
    """
    confidence, predicted = scores.double().softmax(dim=1).max(dim=1)
    gap = (predicted == y).double() - confidence
    place = (confidence * bins).long().clamp(max=bins - 1)
    return 100 * float(torch.zeros(bins, dtype=torch.double).index_add(0, place, gap).abs().sum()) / len(y)


def bootstrap_interval(
    scores: Tensor, y: Tensor, share: float = 0.95, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the top-1 accuracy over clips, in per cent (Efron, 1979).

    Clips of one person resemble each other, so that the interval is about new clips of these people, not about new
    people.

    Args:
        scores: ``[n, K]``, with labels ``y [n]``.
        share: that the interval covers.
        draws: resamples.
        seed: of the draws.
    """
    right = (scores.argmax(dim=1) == y).double()
    # The number of right ones among n rows drawn with replacement is binomial: nothing needs to be drawn row by row.
    count = torch.full((draws,), float(len(y)), dtype=torch.double)
    generator = torch.Generator().manual_seed(seed)
    accuracy = torch.binomial(count, right.mean().expand(draws), generator=generator) / len(y)
    low, high = accuracy.quantile(torch.tensor([(1 - share) / 2, (1 + share) / 2], dtype=torch.double))
    return 100 * float(low), 100 * float(high)


def summary(
    scores: Tensor, y: Tensor, kind: Literal["logits", "similarities", "votes"]
) -> dict[str, float | list[float] | None]:
    """The figures of a card.

    Args:
        scores: ``[n, K]``.
        y: labels ``[n]``.
        kind: calibration is for logits only, and top-5 not for votes, whose second place is a tie.
    """
    low, high = bootstrap_interval(scores, y)
    return {
        "top1": top_k(scores, y),
        "top1_interval": [low, high],
        "top5": None if kind == "votes" else top_k(scores, y, 5),
        "mean_class": mean_class(confusion_matrix(scores, y)),
        "calibration_error": calibration_error(scores, y) if kind == "logits" else None,
    }
