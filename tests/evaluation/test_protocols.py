from __future__ import annotations

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.evaluation import Features, Protocol, top_k


def test_top_k():
    scores = torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    y = torch.tensor([1, 2, 0, 0])
    assert top_k(scores, y) == 50.0 and top_k(scores, y, 2) == 75.0 and top_k(scores, y, 10) == 100.0


@pytest.mark.parametrize("name", ["knn", "linear"])
def test_separable_features_are_solved(name):
    y = torch.arange(30) % 3
    x = torch.eye(3)[y] + 0.01 * torch.randn(30, 3, generator=torch.Generator().manual_seed(0))
    train, test = Features(x[:15], y[:15], torch.arange(15)), Features(x[15:], y[15:], torch.arange(15))
    assert top_k(Protocol(name).scores(train, test, 3), test.y) == 100.0


def test_unknown_protocols_and_options():
    with pytest.raises(ConfigError, match="one of knn, linear, found 'svm'"):
        Protocol("svm")
    with pytest.raises(ConfigError, match="knn has no option 'temperature', only k"):
        Protocol("knn", {"temperature": 1})
    with pytest.raises(ConfigError, match="k must be at least 1, found 0"):
        Protocol("knn", {"k": 0})
    with pytest.raises(ConfigError, match="c must be positive, found nan"):
        Protocol("linear", {"c": float("nan")})
