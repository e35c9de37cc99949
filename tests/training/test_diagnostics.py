from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from skgraph.training import collapse_warning, feature_diagnostics, rankme


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


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        ({"rankme": 1.2}, "effective rank of the features is 1.20"),
        ({"feature_std": 1e-5}, "feature_std is 1.0e-05"),
        ({"target_std": 0.012, "rankme": 21.0, "feature_std": 0.016}, "target_std is 1.2e-02"),  # GFP, reduction=sum
        ({"target_entropy": 0.999, "prediction_entropy": 0.5}, "target_entropy is 0.999 of its maximum"),
        ({"prediction_entropy": 1e-4, "target_entropy": 1e-4}, "one-hot"),
    ],
)
def test_collapse_is_named(values, sign):
    assert sign in collapse_warning(values)


def test_a_healthy_run_raises_no_alarm():
    healthy = {"rankme": 12.0, "feature_std": 0.1, "target_std": 0.4, "target_entropy": 0.05, "prediction_entropy": 0.5}
    assert collapse_warning(healthy) is None and collapse_warning({}) is None
