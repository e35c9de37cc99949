from __future__ import annotations

import pytest
import torch
from torch import nn

from skgraph.evaluation.frozen import frozen


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_frozen_and_in_evaluation_mode():
    module = net().train()
    with frozen(module) as check:
        assert not module.training and not any(p.requires_grad for p in module.parameters())
        module(torch.randn(5, 3))
        check()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: m[1].train(), "left evaluation mode"),
        (lambda m: m[0].weight.requires_grad_(), "wants a gradient"),
        (lambda m: m[0].weight.mul_(2), "was written to"),
        (lambda m: m[1].running_mean.add_(1), "was written to"),
        (lambda m: setattr(m[0], "weight", nn.Parameter(torch.zeros(4, 3), requires_grad=False)), "was written to"),
    ],
)
def test_whatever_changes_it_is_caught(spoil, message):
    module = net()
    with pytest.raises(AssertionError, match=message), frozen(module):
        with torch.no_grad():
            spoil(module)


def test_a_training_forward_of_a_batch_norm_is_caught():
    module = net()
    with pytest.raises(AssertionError, match="left evaluation mode|written to"), frozen(module):
        module.train()
        module(torch.randn(5, 3))
        module.eval()
