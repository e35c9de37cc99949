from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.evaluation import linear_scores
from skgraph.evaluation.classifiers.linear_probe import fit_linear


def features(n, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    x = rng.normal(size=(n, 10)) * np.linspace(0.01, 100, 10) + 3 * np.eye(4, 10)[y] * np.linspace(0.01, 100, 10)
    return x, y


def test_it_agrees_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    (x, y), (unseen, _) = features(400, 0), features(200, 1)
    scaler = preprocessing.StandardScaler().fit(x)
    for c in (0.1, 1.0, 10.0):
        reference = linear_model.LogisticRegression(C=c, tol=1e-8, max_iter=5000).fit(scaler.transform(x), y)
        logits = linear_scores(torch.tensor(x), torch.tensor(y), [torch.tensor(unseen)], 4, c)[0].double()
        expected = reference.predict_proba(scaler.transform(unseen))
        # torch's deviation divides by n - 1, scikit-learn's by n: a part in 800 of the scale
        assert np.allclose(logits.softmax(1).numpy(), expected, atol=2e-3)


def test_more_features_than_clips():
    """The gradient of the penalised loss vanishes in all features."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 80, generator=generator), torch.arange(30) % 3
    probe = fit_linear(x, y, 3, c=0.5)
    weight, bias = probe.weight.clone().requires_grad_(), probe.bias.clone().requires_grad_()
    z = ((x - probe.mean) / probe.scale).double()
    loss = torch.nn.functional.cross_entropy(z @ weight.T + bias, y) + weight.square().sum() / (2 * 0.5 * 30)
    loss.backward()
    assert weight.shape == (3, 80) and weight.grad.abs().max() < 1e-5 and bias.grad.abs().max() < 1e-5


def test_a_constant_feature_carries_nothing():
    x, y = (torch.tensor(v) for v in features(100, 0))
    wider = torch.cat([x, torch.full((100, 1), 5.0, dtype=torch.double)], dim=1)
    wider[0, -1] += 1e-9
    assert torch.allclose(linear_scores(x, y, [x], 4)[0], linear_scores(wider, y, [wider], 4)[0], atol=1e-4)


def test_collapsed_features_give_chance():
    y = torch.arange(40) % 4
    (scores,) = linear_scores(torch.ones(40, 8), y, [torch.ones(10, 8)], 4)
    assert torch.isfinite(scores).all() and scores.std(dim=0).max() < 1e-6
