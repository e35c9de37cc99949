from __future__ import annotations

import math
from functools import partial

import pytest

from skgraph.encoders import TransformerEncoder
from skgraph.objectives import SJEPA, Predictor
from skgraph.training import learning_rate
from skgraph.training.optimizer import adamw


def test_only_matrices_decay_and_targets_are_left_out(topology):
    encoder = TransformerEncoder(topology, 8, patch_length=4, dim=16, depth=1, heads=2)
    objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2))
    optimizer = adamw(objective, lr=1e-3, weight_decay=0.05, betas=(0.9, 0.95))
    names = {id(p): name for name, p in objective.named_parameters()}
    decayed, free = ([names[id(p)] for p in group["params"]] for group in optimizer.param_groups)
    assert [g["weight_decay"] for g in optimizer.param_groups] == [0.05, 0.0]
    assert all(name.endswith("weight") and "norm" not in name for name in decayed)
    assert "encoder.positions.joint_embedding" in free and "predictor.mask_token" in free
    assert not any(name.startswith("target") for name in decayed + free)
    assert len(decayed) + len(free) == sum(p.requires_grad for p in objective.parameters())


def test_embeddings_and_tokens_decay_where_asked(topology):
    objective = SJEPA(TransformerEncoder(topology, 8, patch_length=4, dim=16, depth=1, heads=2), Predictor)
    names = {id(p): name for name, p in objective.named_parameters()}
    free = [names[id(p)] for p in adamw(objective, lr=1e-3, decay_embeddings=True).param_groups[1]["params"]]
    assert all(name.endswith("bias") or "norm" in name for name in free)
    assert not [name for name in free if "embedding" in name or "token" in name]


def test_warm_up_is_linear_and_reaches_the_peak():
    rates = [learning_rate(step, 100, 10, 1.0) for step in range(10)]
    assert rates == pytest.approx([0.1 * (i + 1) for i in range(10)])


def test_cosine_to_the_final_rate():
    assert learning_rate(10, 110, 10, 1.0, 0.2) == 1.0
    assert learning_rate(60, 110, 10, 1.0, 0.2) == pytest.approx(0.6)
    assert learning_rate(85, 110, 10, 1.0, 0.2) == pytest.approx(0.2 + 0.4 * (1 + math.cos(0.75 * math.pi)))
    assert learning_rate(110, 110, 10, 1.0, 0.2) == pytest.approx(0.2)


def test_no_warm_up():
    assert learning_rate(0, 10, 0, 3.0) == 3.0
