from __future__ import annotations

import math

import pytest
import torch

from skgraph.errors import DataError
from skgraph.evaluation.results.metrics import (
    bootstrap_interval,
    calibration_error,
    class_accuracy,
    confusion_matrix,
    mean_class,
    summary,
    top_k,
)

SCORES = torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
Y = torch.tensor([1, 2, 0, 0])


def random_scores(n=500, classes=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(classes, (n,), generator=generator)
    return torch.randn(n, classes, generator=generator) + 2 * torch.nn.functional.one_hot(y, classes), y


def test_top_k():
    assert top_k(SCORES, Y) == 50.0 and top_k(SCORES, Y, 2) == 75.0 and top_k(SCORES, Y, 10) == 100.0


def test_of_equal_scores_the_first_counts_as_argmax_has_it():
    votes = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    y = torch.tensor([0, 1, 2])
    assert top_k(votes, y) == pytest.approx(100 / 3) and top_k(votes, y, 2) == 100.0
    assert top_k(votes, y) == pytest.approx(100 * float((votes.argmax(1) == y).float().mean()))


def test_confusion_and_classes():
    counts = confusion_matrix(SCORES, Y)
    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert class_accuracy(counts).tolist() == [50.0, 100.0, 0.0] and mean_class(counts) == 50.0


def test_a_class_without_clips_is_left_out_of_the_mean():
    counts = confusion_matrix(SCORES[:2], Y[:2])
    assert math.isnan(class_accuracy(counts)[0]) and mean_class(counts) == 50.0


def test_confusion_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    scores, y = random_scores()
    assert (confusion_matrix(scores, y).numpy() == metrics.confusion_matrix(y, scores.argmax(1))).all()
    expected = 100 * metrics.balanced_accuracy_score(y, scores.argmax(1))
    assert mean_class(confusion_matrix(scores, y)) == pytest.approx(expected)


def test_calibration_error_is_its_definition():
    scores, y = random_scores()
    confidence, predicted = scores.softmax(1).max(1)
    expected = 0.0
    for b in range(15):
        inside = [i for i in range(len(y)) if b / 15 <= confidence[i] < (b + 1) / 15]
        if inside:
            accuracy = sum(float(predicted[i] == y[i]) for i in inside) / len(inside)
            expected += len(inside) / len(y) * abs(accuracy - sum(float(confidence[i]) for i in inside) / len(inside))
    assert calibration_error(scores, y) == pytest.approx(100 * expected, rel=1e-4)
    certain = 100.0 * torch.nn.functional.one_hot(y, 7)
    assert calibration_error(certain, y) == pytest.approx(0, abs=1e-6)


def test_the_interval_is_that_of_resampled_clips():
    scores, y = random_scores(200)
    low, high = bootstrap_interval(scores, y)
    right = (scores.argmax(1) == y).double()
    generator = torch.Generator().manual_seed(1)
    resampled = right[torch.randint(200, (4000, 200), generator=generator)].mean(1)
    expected = 100 * resampled.quantile(torch.tensor([0.025, 0.975], dtype=torch.double))
    assert [low, high] == pytest.approx(expected.tolist(), abs=0.8)
    assert low < top_k(scores, y) < high
    assert bootstrap_interval(scores, y) == (low, high)


def test_the_summary_of_a_card():
    scores, y = random_scores()
    figures = summary(scores, y, "logits")
    assert figures["top1"] == top_k(scores, y) and figures["top1_interval"] == list(bootstrap_interval(scores, y))
    assert figures["calibration_error"] > 0 and summary(scores, y, "similarities")["calibration_error"] is None
    assert figures["top5"] == top_k(scores, y, 5) and summary(scores, y, "votes")["top5"] is None


def test_scores_and_labels_must_fit():
    with pytest.raises(DataError, match=r"takes scores \[n, K\] and labels \[n\], found \[5, 3\] and \[4\]"):
        top_k(torch.randn(5, 3), torch.zeros(4, dtype=torch.long))
