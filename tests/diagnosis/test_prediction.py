from __future__ import annotations

from functools import partial

import pytest
import torch

from skgraph.diagnosis.prediction import PredictionErrors, interpolate, prediction_errors
from skgraph.encoders import TransformerEncoder
from skgraph.objectives import SJEPA, Predictor
from skgraph.topology import Topology
from skgraph.transforms import RandomTokenMask

GRID = (4, 3)


def test_tokens_between_visible_ones_are_on_the_line():
    tokens = torch.randn(1, 12, 2)
    visible = torch.tensor([[0 * 3 + 0, 3 * 3 + 0, 1 * 3 + 1]])  # joint 0 at the ends, joint 1 once, joint 2 never
    found, values = interpolate(tokens, visible, GRID).view(4, 3, 2), tokens.view(4, 3, 2)
    for t in range(4):
        assert torch.allclose(found[t, 0], values[0, 0] * (1 - t / 3) + values[3, 0] * t / 3, atol=1e-6)
        assert torch.equal(found[t, 1], values[1, 1])
        assert torch.allclose(found[t, 2], (values[0, 0] + values[3, 0] + values[1, 1]) / 3, atol=1e-6)


def test_hidden_tokens_are_not_read():
    tokens, visible = torch.randn(2, 12, 5), torch.tensor([[0, 4, 8], [1, 3, 9]])
    changed = torch.full_like(tokens, 1e6).scatter(
        1, visible[..., None].expand(-1, -1, 5), tokens.gather(1, visible[..., None].expand(-1, -1, 5))
    )
    assert torch.equal(interpolate(tokens, visible, GRID), interpolate(changed, visible, GRID))


@pytest.fixture
def objective():
    torch.manual_seed(0)
    encoder = TransformerEncoder(Topology.load("ntu_rgbd"), 16, patch_length=4, dim=16, depth=1, heads=2)
    return partial(SJEPA, encoder, partial(Predictor, depth=1, heads=2), output_dim=None, target_norm="layer")


@pytest.fixture
def batch():
    views = torch.randn(2, 8, 16, 25, 3, generator=torch.Generator().manual_seed(1))
    return views, *RandomTokenMask(0.8, 4).draw(views[0], torch.Generator().manual_seed(2))


@pytest.mark.parametrize("loss", ["ce", "l2"])
def test_distances_by_their_definition(objective, batch, loss):
    objective = objective(loss=loss).eval()
    found = prediction_errors(objective, *batch)
    views, visible, masked = batch
    with torch.no_grad():
        answer, target = objective.predict(views[0], visible, masked), objective.targets(views[1])
    if loss == "ce":
        answer, target = (answer / 0.1).softmax(-1), ((target - objective.center) / 0.04).softmax(-1)
    distances = {"predictor": [], "mean_token": [], "position": []}
    for b in range(8):
        for i, token in enumerate(masked[b].tolist()):
            wanted = target[b, token]
            distances["predictor"].append((answer[b, i] - wanted).square().sum())
            distances["mean_token"].append((target[b, visible[b]].mean(0) - wanted).square().sum())
            distances["position"].append((target[:, token].mean(0) - wanted).square().sum())
    for key, values in distances.items():
        assert getattr(found, key) == pytest.approx(float(torch.stack(values).mean()), rel=1e-4)


def test_skill_is_over_the_best_trivial_answer():
    assert PredictionErrors(0.5, 2.0, 1.0, 3.0).skill == 0.5
    assert PredictionErrors(1.5, 2.0, 1.0, 3.0).skill == -0.5
    assert PredictionErrors(0.0, 0.0, 1.0, 1.0).skill == 0


def test_an_answer_that_is_right_has_all_the_skill(objective, batch, monkeypatch):
    objective = objective(loss="l2").eval()
    views, _, masked = batch
    right = objective.targets(views[1]).gather(1, masked[..., None].expand(-1, -1, 16))
    monkeypatch.setattr(objective, "predict", lambda *_: right)
    assert prediction_errors(objective, *batch).skill == 1
