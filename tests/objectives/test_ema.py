from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from skgraph.objectives.ema import ema_momentum, ema_update


def test_momentum_is_the_papers_cosine():
    for progress in (0.0, 0.3, 1.0):
        paper = 1 - (1 - 0.996) * (1 + math.cos(math.pi * progress)) / 2
        assert ema_momentum(progress, 0.996) == pytest.approx(paper, abs=1e-12)
    assert ema_momentum(0, 0.99, 0.999) == pytest.approx(0.99) and ema_momentum(1, 0.99, 0.999) == pytest.approx(0.999)


def test_update_moves_parameters_and_float_buffers_and_copies_counters():
    online, target = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        online.weight.fill_(3.0)
        online.running_mean.fill_(10.0)
        online.num_batches_tracked.fill_(7)
    ema_update(target, online, 0.75)
    assert target.weight.tolist() == [1.5, 1.5]
    assert target.running_mean.tolist() == [2.5, 2.5]
    assert target.num_batches_tracked.item() == 7


def test_update_of_a_module_without_parameters():
    ema_update(nn.Identity(), nn.Identity(), 0.5)
