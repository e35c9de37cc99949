from __future__ import annotations

import pytest
import torch
from torch import nn

from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.classifier import Classifier, parameter_groups
from skgraph.evaluation.classifiers.heads import LinearHead
from skgraph.evaluation.features.bodies import Bodies


def batch():
    joints = torch.randn(2, 16, 25, 3)
    return Bodies(joints, torch.arange(2), torch.zeros(2, dtype=torch.long), torch.zeros(2), torch.zeros(2), 1)


def test_a_frozen_encoder_has_no_gradient_and_stays_in_evaluation_mode(make_encoder):
    model = Classifier(make_encoder(drop_path=0.5), LinearHead(16, 4), frozen=True).train()
    assert model.head.training and not any(m.training for m in model.encoder.modules())
    model(batch()).sum().backward()
    assert all(p.grad is None for p in model.encoder.parameters()) and model.head.linear.weight.grad is not None


def test_fine_tuning_reaches_every_parameter(make_encoder):
    model = Classifier(make_encoder(), LinearHead(16, 4), frozen=False).train()
    model(batch()).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_layer_decay(make_encoder):
    model = Classifier(make_encoder(), LinearHead(16, 4), frozen=False)
    names = {id(p): name for name, p in model.named_parameters()}
    scale, decay = {}, {}
    for group in parameter_groups(model, weight_decay=0.1, layer_decay=0.5):
        for p in group["params"]:
            scale[names[id(p)]], decay[names[id(p)]] = group["lr_scale"], group["weight_decay"]
    assert scale.keys() == set(names.values())
    assert scale["head.linear.weight"] == scale["encoder.norm.weight"] == 1
    assert scale["encoder.blocks.1.attention.qkv.weight"] == 0.5 and scale["encoder.blocks.0.norm1.bias"] == 0.25
    assert scale["encoder.embed.weight"] == scale["encoder.positions.time_embedding"] == 0.125
    assert decay["encoder.embed.weight"] == 0.1 and decay["encoder.embed.bias"] == 0
    assert decay["encoder.positions.joint_embedding"] == 0


def test_without_blocks_there_are_no_layers_to_tell():
    encoder = nn.Linear(3, 3)
    model = Classifier(encoder, LinearHead(3, 2), frozen=False)
    assert {g["lr_scale"] for g in parameter_groups(model, 0.0)} == {1.0}
    with pytest.raises(ConfigError, match="needs an encoder with `blocks`, Linear has none: set layer_decay=1"):
        list(parameter_groups(model, 0.0, 0.8))
