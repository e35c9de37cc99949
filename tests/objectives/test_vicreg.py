import math

import pytest
import torch

from skgraph.errors import DataError
from skgraph.objectives.vicreg import vicreg_terms


def draw(batch=6, positions=4, channels=3):
    return torch.randn(batch, positions, channels, generator=torch.Generator().manual_seed(0))


def test_the_global_target_is_equations_4_and_5():
    z = 0.3 * draw(positions=1)
    columns = [z[:, 0, i].tolist() for i in range(3)]
    means = [sum(column) / 6 for column in columns]

    def covariance(i, j):
        pairs = zip(columns[i], columns[j], strict=True)
        return sum((a - means[i]) * (b - means[j]) for a, b in pairs) / 5

    spread = sum(max(0.0, 1 - math.sqrt(covariance(i, i) + 1e-4)) for i in range(3)) / 3
    correlated = sum(covariance(i, j) ** 2 for i in range(3) for j in range(3) if i != j) / 3
    variance_term, covariance_term = vicreg_terms(z)
    assert variance_term.item() == pytest.approx(spread, rel=1e-5)
    assert covariance_term.item() == pytest.approx(correlated, rel=1e-5)


def test_positions_share_their_statistics():
    z = draw()
    flat = z - z.mean(dim=0)
    expected = torch.stack([flat[:, n].T @ flat[:, n] for n in range(4)]).sum(0) / (6 * 4 - 4)
    spread, correlated = vicreg_terms(z)
    assert torch.allclose(spread, torch.relu(1 - (expected.diagonal() + 1e-4).sqrt()).mean())
    assert torch.allclose(correlated, (expected - expected.diagonal().diag()).square().sum() / 3)


def test_features_that_only_say_where_they_are_have_no_variance_between_graphs():
    z = draw(batch=1).expand(6, -1, -1)
    assert vicreg_terms(z)[0] == pytest.approx(1 - 0.01)  # gamma - sqrt(eps)
    assert vicreg_terms(z, center="all")[0] < 0.5


def test_large_spread_costs_nothing():
    assert vicreg_terms(10 * draw(batch=64))[0] == 0


def test_gradients_push_collapsed_features_apart():
    z = (1e-3 * draw()).requires_grad_()
    vicreg_terms(z)[0].backward()
    apart = z.detach() - z.detach().mean(dim=0)
    assert (z.grad * apart).sum() < 0


def test_features_must_have_positions():
    with pytest.raises(DataError, match=r"takes features \[B, N, C\], found \[4, 3\]"):
        vicreg_terms(torch.randn(4, 3))
