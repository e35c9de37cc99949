from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from skgraph.errors import DataError
from skgraph.training import collapse_warning, feature_diagnostics, rankme
from skgraph.training.diagnostics import online_knn


def test_rankme_is_the_entropy_of_the_singular_values():
    torch.manual_seed(0)
    x = torch.randn(50, 6, dtype=torch.double)
    sigma = torch.linalg.svdvals(x - x.mean(0))
    p = (sigma / sigma.sum()).tolist()
    assert rankme(x).item() == pytest.approx(math.exp(-sum(v * math.log(v) for v in p)), rel=1e-4)


def test_rankme_counts_directions():
    torch.manual_seed(0)
    basis = torch.linalg.qr(torch.randn(1000, 5)).Q
    basis = torch.linalg.qr(basis - basis.mean(0)).Q
    assert rankme(basis @ torch.eye(5, 20)).item() == pytest.approx(5, rel=1e-3)
    assert rankme(torch.ones(10, 8) * 3).item() == pytest.approx(1, abs=1e-3)


def test_rankme_does_not_depend_on_scale():
    x = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))
    assert rankme(x).item() == pytest.approx(rankme(1000 * x).item(), rel=1e-5)


class Mean(nn.Module):
    def forward(self, joints):
        assert not self.training
        return joints.flatten(1, 2)


def test_features_are_taken_in_evaluation_mode():
    encoder = Mean().train()
    joints = torch.randn(100, 4, 5, 3)
    features, values = feature_diagnostics(encoder, joints)
    assert encoder.training
    assert torch.allclose(features, joints.mean(dim=(1, 2)), atol=1e-6)
    assert values["feature_std"] == pytest.approx(features.std(dim=0).mean().item(), rel=1e-4)
    assert values["rankme"] == pytest.approx(rankme(features).item(), rel=1e-4)


def test_online_knn_asks_other_people():
    """Two people do two actions; a body is nearest to its own person's other action, next to the other's same one."""
    angles = torch.tensor([0.0, 0.3, 0.5, 1.0, 2.0])
    x = torch.stack([angles.cos(), angles.sin()], dim=1)
    y, person = torch.tensor([0, 1, 0, 1, -1]), torch.tensor([0, 0, 1, 1, 1])
    # 0.0 and 0.3 are nearest to 0.5 (label 0), 0.5 to 0.3 (1), 1.0 to 0.3 (1); the last has no label.
    assert online_knn(7 * x, y, person) == pytest.approx(50)
    assert online_knn(x, y, torch.zeros(5)) is None and online_knn(x, torch.zeros(5), person) is None


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        ({"rankme": 1.2}, "effective rank of the features is 1.20"),
        ({"feature_std": 1e-5}, "feature_std is 1.0e-05"),
        ({"target_std": 0.012, "rankme": 21.0, "feature_std": 0.016}, "target_std is 1.2e-02"),  # GFP, reduction=sum
        ({"target_entropy": 0.999, "prediction_entropy": 0.5}, "target_entropy is 0.999 of its maximum"),
        ({"prediction_entropy": 1e-4, "target_entropy": 1e-4}, "one-hot"),
        ({"collapse": 0.95}, "SIGReg is 0.95 of its value for equal embeddings (above 0.8)"),
    ],
)
def test_collapse_is_named(values, sign):
    assert sign in collapse_warning(values)


def test_a_healthy_run_raises_no_alarm():
    healthy = {"rankme": 12.0, "feature_std": 0.1, "target_std": 0.4, "target_entropy": 0.05, "prediction_entropy": 0.5}
    healthy["collapse"] = 0.14
    assert collapse_warning(healthy) is None and collapse_warning({}) is None


def test_rankme_needs_a_matrix_of_finite_numbers():
    with pytest.raises(DataError, match=r"takes features \[n, D\], found \[5\]"):
        rankme(torch.randn(5))
    with pytest.raises(DataError, match="takes finite features"):
        rankme(torch.full((5, 3), math.nan))
