from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.evaluation import knn_scores, retrieve


def test_votes_of_the_nearest():
    train = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    scores = knn_scores(train, torch.tensor([0, 2, 1]), torch.tensor([[5.0, 0.1]]), num_classes=3, k=2)
    assert scores.tolist() == [[0.5, 0.0, 0.5]]


@pytest.mark.parametrize("k", [1, 5, 20])
def test_it_agrees_with_scikit_learn(k):
    neighbors = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(0)
    train, test, y = rng.normal(size=(300, 16)), rng.normal(size=(100, 16)), rng.integers(0, 7, 300)
    reference = neighbors.KNeighborsClassifier(k, metric="cosine").fit(train, y)
    scores = knn_scores(torch.tensor(train), torch.tensor(y), torch.tensor(test), 7, k)
    assert np.allclose(scores.numpy(), reference.predict_proba(test))
    assert (scores.argmax(1).numpy() == reference.predict(test)).all()


def test_more_neighbours_than_clips():
    assert knn_scores(torch.eye(2), torch.tensor([0, 1]), torch.eye(2), 2, k=10).tolist() == [[0.5, 0.5]] * 2


def draw(n, seed, classes=5):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(classes, (n,), generator=generator)
    return torch.randn(n, 8, generator=generator) + torch.nn.functional.one_hot(y, 8), y


def test_it_is_its_definition():
    (gallery, labels), (queries, wanted) = draw(60, 0), draw(20, 1)
    scores, metrics = retrieve(gallery, labels, queries, wanted, 5, chunk=7)
    precision, first, five = [], [], []
    for query, label in zip(queries, wanted, strict=True):
        similarity = torch.nn.functional.cosine_similarity(query[None], gallery)
        right = (labels[similarity.argsort(descending=True)] == label).tolist()
        hits = [i for i, hit in enumerate(right) if hit]
        precision.append(sum((n + 1) / (i + 1) for n, i in enumerate(hits)) / len(hits))
        first.append(right[0])
        five.append(any(right[:5]))
    assert metrics["map"] == pytest.approx(100 * sum(precision) / 20)
    assert metrics["recall1"] == pytest.approx(100 * sum(first) / 20)
    assert metrics["recall5"] == pytest.approx(100 * sum(five) / 20)
    assert torch.equal(scores.argmax(1), knn_scores(gallery, labels, queries, 5).argmax(1))


def test_average_precision_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    (gallery, labels), (queries, wanted) = draw(200, 2), draw(30, 3)
    similarity = torch.nn.functional.normalize(queries, dim=1) @ torch.nn.functional.normalize(gallery, dim=1).T
    expected = [
        metrics.average_precision_score(labels == label, row) for row, label in zip(similarity, wanted, strict=True)
    ]
    assert retrieve(gallery, labels, queries, wanted, 5)[1]["map"] == pytest.approx(100 * sum(expected) / 30)


def test_a_class_that_the_gallery_lacks():
    gallery, labels = torch.eye(3), torch.tensor([0, 0, 1])
    scores, metrics = retrieve(gallery, labels, torch.eye(3), torch.tensor([0, 2, 1]), 3)
    assert metrics["recall1"] == pytest.approx(200 / 3) and metrics["map"] == pytest.approx(100 * (5 / 6 + 1) / 2)
    assert scores[:, 2].tolist() == [-1] * 3


def test_equal_similarities_share_a_place():
    gallery = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    _, metrics = retrieve(gallery, torch.tensor([0, 1, 0]), torch.tensor([[1.0, 0.0]]), torch.tensor([0]), 2)
    assert metrics["map"] == pytest.approx(100 * (1 / 2 + 2 / 3) / 2)
