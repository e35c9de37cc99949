"""Metrics of scores: accuracy, its interval, confusion, calibration."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from skgraph.errors import DataError


def top_k(scores: Tensor, y: Tensor, k: int = 1) -> float:
    """Return the share of rows with their label among the ``k`` highest scores, in per cent; ties go to the first."""
    if scores.dim() != 2 or y.shape != scores.shape[:1]:
        raise DataError(f"top_k takes scores [n, K] and labels [n], found {[*scores.shape]} and {[*y.shape]}")
    own = scores.gather(1, y[:, None])
    before = (scores == own) & (torch.arange(scores.size(1), device=y.device) < y[:, None])
    return 100 * float((((scores > own) | before).sum(dim=1) < k).double().mean())


def confusion_matrix(scores: Tensor, y: Tensor) -> Tensor:
    """Count rows by true class and predicted class: ``[K, K]`` int64."""
    classes = scores.size(1)
    pairs = y * classes + scores.argmax(dim=1)
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes)


def class_accuracy(confusion: Tensor) -> Tensor:
    """Return the accuracy of each class, ``[K]`` in per cent; NaN for a class without rows."""
    return 100 * confusion.diagonal().double() / confusion.sum(dim=1)


def mean_class(confusion: Tensor) -> float:
    """Average the accuracies of the classes that have rows, in per cent."""
    return float(class_accuracy(confusion).nanmean())


def calibration_error(scores: Tensor, y: Tensor, bins: int = 15) -> float:
    r"""Return the expected calibration error of the softmax of logits, in per cent (Guo et al., ICML 2017, equation 3).

    :math:`\sum_b \frac{n_b}{n} \lvert \mathrm{acc}_b - \mathrm{conf}_b \rvert` over bins of equal width.
    """
    confidence, predicted = scores.double().softmax(dim=1).max(dim=1)
    gap = (predicted == y).double() - confidence
    index = (confidence * bins).long().clamp(max=bins - 1)
    return 100 * float(torch.zeros(bins, dtype=torch.double).index_add(0, index, gap).abs().sum()) / len(y)


def bootstrap_interval(
    scores: Tensor, y: Tensor, share: float = 0.95, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the top-1 accuracy over clips, in per cent (Efron, 1979).

    Clips of one person resemble each other: the interval is about new clips of these people, not about new people.

    Args:
        scores: ``[n, K]``, with labels ``y [n]``.
        share: share of the draws inside the interval.
        draws, seed: number of resamples, and the seed of their draws.
    """
    right = (scores.argmax(dim=1) == y).double()
    # The number of right rows among n drawn with replacement is binomial.
    count = torch.full((draws,), float(len(y)), dtype=torch.double)
    generator = torch.Generator().manual_seed(seed)
    accuracy = torch.binomial(count, right.mean().expand(draws), generator=generator) / len(y)
    low, high = accuracy.quantile(torch.tensor([(1 - share) / 2, (1 + share) / 2], dtype=torch.double))
    return 100 * float(low), 100 * float(high)


def summary(
    scores: Tensor, y: Tensor, kind: Literal["logits", "similarities", "votes"]
) -> dict[str, float | list[float] | None]:
    """Return the metrics of scores ``[n, K]`` with labels ``y [n]``.

    Calibration needs logits; top-5 is not defined for votes, whose second rank is a tie.
    """
    low, high = bootstrap_interval(scores, y)
    return {
        "top1": top_k(scores, y),
        "top1_interval": [low, high],
        "top5": None if kind == "votes" else top_k(scores, y, 5),
        "mean_class": mean_class(confusion_matrix(scores, y)),
        "calibration_error": calibration_error(scores, y) if kind == "logits" else None,
    }
