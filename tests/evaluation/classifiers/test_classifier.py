from __future__ import annotations

import pytest
import torch
from torch import nn

from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.classifier import (
    AttentiveHead,
    Classifier,
    LinearHead,
    MLPHead,
    build_head,
    parameter_groups,
)
from skgraph.evaluation.features.bodies import Bodies


def batch():
    joints = torch.randn(2, 16, 25, 3)
    return Bodies(joints, torch.arange(2), torch.zeros(2, dtype=torch.long), torch.zeros(2), 1)


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
    for group in parameter_groups(model, weight_decay=0.1, decay_embeddings=True):
        decay |= {names[id(p)]: group["weight_decay"] for p in group["params"]}
    assert decay["encoder.positions.joint_embedding"] == decay["encoder.positions.time_embedding"] == 0.1
    assert decay["encoder.norm.weight"] == decay["encoder.embed.bias"] == 0


def test_mamps_head_begins_with_xavier_weights_and_zero_biases():
    layers = [layer for layer in build_head("mlp", 16, (4, 5), 7).modules() if isinstance(layer, nn.Linear)]
    for layer in layers:
        bound = (6 / sum(layer.weight.shape)) ** 0.5
        assert not layer.bias.any() and 0.9 * bound < layer.weight.abs().max() <= bound


def test_without_blocks_there_are_no_layers_to_tell():
    encoder = nn.Linear(3, 3)
    model = Classifier(encoder, LinearHead(3, 2), frozen=False)
    assert {g["lr_scale"] for g in parameter_groups(model, 0.0)} == {1.0}
    with pytest.raises(ConfigError, match="needs an encoder with `blocks`, Linear has none: set layer_decay=1"):
        list(parameter_groups(model, 0.0, 0.8))


# Three bodies of two clips: clip 0 has one, clip 1 has two.
BODIES = Bodies(torch.zeros(3, 8, 5, 3), torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), torch.zeros(2), 2)
GRID = (4, 5)


def tokens(seed=0):
    return torch.randn(3, 20, 16, generator=torch.Generator().manual_seed(seed))


def test_the_linear_head_is_a_mean_and_a_linear_layer():
    head, x = LinearHead(16, 700), tokens()
    means = torch.stack([x[0].mean(0), (x[1].mean(0) + x[2].mean(0)) / 2])
    assert torch.allclose(head(x, BODIES), means @ head.linear.weight.T + head.linear.bias, atol=1e-6)
    assert torch.equal(head(x, BODIES), head.classify(BODIES.mean(x.mean(1))))
    assert float(head.linear.weight.detach().std()) == pytest.approx(0.01, rel=0.2) and not head.linear.bias.any()


def test_standardised_features_do_not_know_their_scale():
    head = LinearHead(16, 7, norm=True).train()
    x = torch.randn(64, 16)
    assert torch.allclose(head.classify(x), head.classify(1000 * x + 5), atol=1e-4)
    assert not list(head.norm.parameters())


def test_the_mlp_head_keeps_joints_apart():
    head, x = MLPHead(16, GRID, 7, hidden_dim=32).eval(), tokens()
    joints = x.view(3, 4, 5, 16).mean(1).flatten(1)  # [b, V * D]
    clips = torch.stack([joints[0], joints[1:].mean(0)])
    assert torch.allclose(head(x, BODIES), head.mlp(clips), atol=1e-6)
    swapped = x.view(3, 4, 5, 16).flip(2).flatten(1, 2)
    assert not torch.allclose(head(swapped, BODIES), head(x, BODIES))


def test_attention_is_softmax_over_all_tokens_of_a_clip():
    torch.manual_seed(0)
    head, x = AttentiveHead(16, 7, heads=1).eval(), tokens()
    context = head.norm1(torch.cat([x[1], x[2]]))  # both bodies of clip 1
    key, value = head.key_value(context).split(16, dim=1)
    weights = (head.query(head.query_token) @ key.T / 4).softmax(0)
    y = head.query_token + head.out(weights @ value)
    expected = head.linear(head.norm3(y + head.mlp(head.norm2(y))))
    assert torch.allclose(head(x, BODIES)[1], expected, atol=1e-5)


def test_an_absent_body_is_not_attended_to():
    head, x = AttentiveHead(16, 7, heads=2).eval(), tokens()
    alone = Bodies(BODIES.joints[:1], torch.tensor([0]), torch.tensor([0]), torch.zeros(1), 1)
    assert torch.allclose(head(x, BODIES)[:1], head(x[:1], alone), atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "bn_linear", "mlp", "attentive"])
@pytest.mark.parametrize("dim", [16, 200])
def test_every_head_uses_all_its_parameters(name, dim):
    head = build_head(name, dim, GRID, 7)
    head(torch.randn(3, 20, dim), BODIES).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())
