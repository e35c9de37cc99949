from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.evaluation import knn_scores


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
