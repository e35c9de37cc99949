from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.classifiers.classifier_training import ClassifierTraining
from skgraph.evaluation.classifiers.fit import fit

CPU = torch.device("cpu")


@dataclass
class Points:
    x: Tensor
    y: Tensor

    def batch(self, rows, generator):
        return self.x[rows]


def points(n=60, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(3, (n,), generator=generator)
    return Points(nn.functional.one_hot(y, 5).float() + 0.3 * torch.randn(n, 5, generator=generator), y)


def training(**values):
    plain = {"head": "linear", "frozen": True, "epochs": 20, "batch_size": 10, "optimizer": "sgd", "lr": 0.5}
    return ClassifierTraining(**plain | values)


def train(data, values, score=lambda: 0, **options):
    torch.manual_seed(0)
    model = nn.Linear(5, 3)
    groups = [{"params": list(model.parameters()), "weight_decay": 0.0, "lr_scale": 1.0}]
    return model, fit(model, groups, data, training(**values), score, CPU, "fp32", seed=3, **options)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_it_learns_what_can_be_learned(optimizer):
    data = points()
    model, history = train(data, {"optimizer": optimizer, "lr": 0.1})
    assert history.loss[-1] < history.loss[0] / 2
    assert (model(data.x).argmax(1) == data.y).float().mean() > 0.95


def test_no_bar_without_a_terminal(capsys):
    train(points(20), {"epochs": 1}, progress=True)
    assert capsys.readouterr().err == ""


def test_sgd_with_momentum_step_by_step():
    data = points(20)
    model, _ = train(data, {"epochs": 3, "schedule": "steps", "milestones": (2,), "label_smoothing": 0.1})
    torch.manual_seed(0)
    by_hand = nn.Linear(5, 3)
    velocity = [torch.zeros_like(p) for p in by_hand.parameters()]
    generator = torch.Generator().manual_seed(3)
    for epoch in range(3):
        order = torch.randperm(20, generator=generator)
        for rows in order.split(10):
            logits = by_hand(data.x[rows]).log_softmax(1)
            target = 0.9 * nn.functional.one_hot(data.y[rows], 3) + 0.1 / 3
            grads = torch.autograd.grad(-(target * logits).sum(1).mean(), list(by_hand.parameters()))
            for p, v, g in zip(by_hand.parameters(), velocity, grads, strict=True):
                v.mul_(0.9).add_(g)
                p.data.sub_((0.5 if epoch < 2 else 0.05) * v)
    for a, b in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_scores_are_taken_in_evaluation_mode_and_always_after_the_last_epoch():
    seen = []
    model, history = train(points(), {"epochs": 7, "score_every": 3}, lambda: seen.append(1))
    assert [epoch for epoch, _ in history.scored] == [3, 6, 7] and not model.training and len(history.loss) == 7


def test_looking_more_often_changes_nothing():
    often, _ = train(points(), {"score_every": 1})
    once, _ = train(points(), {"score_every": 20})
    assert torch.equal(often.weight, once.weight)


def test_fewer_clips_than_a_batch():
    _, history = train(points(6), {"batch_size": 50, "epochs": 2})
    assert len(history.loss) == 2
    with pytest.raises(ConfigError, match="at least 2 training clips a step on each process, found 1 in"):
        train(points(1), {})


def test_a_loss_that_is_not_finite_says_what_to_change():
    data = points()
    data.x[7] = float("nan")
    with pytest.raises(DataError, match=r"not finite in epoch 1: choose a smaller protocol.lr"):
        train(data, {})
