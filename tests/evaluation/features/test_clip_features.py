from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation import clip_features
from skgraph.evaluation.features.clip_features import frozen
from skgraph.training import ViewMaker
from skgraph.transforms import Center, Compose, RandomTokenMask

CPU = torch.device("cpu")


def views(topology):
    return ViewMaker(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.9, 4), None, 1)


@pytest.fixture
def encoder(topology):
    torch.manual_seed(0)
    return TransformerEncoder(topology, 16, patch_length=4, dim=16, depth=1, heads=2, drop_path=0.5).train()


def test_mean_over_tokens_and_over_the_bodies_that_are_there(store, topology, encoder):
    data = SkeletonDataset(store, frames=16)[:4]
    features = clip_features(encoder, data, views(topology), CPU, "fp32", batch_size=3)
    assert (
        features.x.shape == (4, 16) and features.clip.tolist() == [0, 1, 2, 3] and features.y.tolist() == [0, 1, 2, 3]
    )
    assert not encoder.training
    with torch.no_grad():
        graphs = Center(topology)(data.batch(torch.arange(4)))
        both = encoder(graphs.joints[0]).mean(dim=(0, 1))
        single = encoder(graphs.joints[1, :1]).mean(dim=(0, 1))
    assert torch.allclose(features.x[0], both, atol=1e-5) and torch.allclose(features.x[1], single, atol=1e-5)


def test_padded_bodies_average_zeros_in_as_published_protocols_do(store, topology, encoder):
    data = SkeletonDataset(store, frames=16)[1:2]
    padded = clip_features(encoder, data, views(topology), CPU, "fp32", bodies="padded")
    with torch.no_grad():
        joints = Center(topology)(data.batch(torch.tensor([0]))).joints[0]
        assert not joints[1].any()
        expected = encoder(joints).mean(dim=(0, 1))
    assert torch.allclose(padded.x[0], expected, atol=1e-5)


def test_features_do_not_depend_on_the_batch(store, topology, encoder):
    data = SkeletonDataset(store, "xsub", "test", frames=16)
    one = clip_features(encoder, data, views(topology), CPU, "fp32", batch_size=1)
    many = clip_features(encoder, data, views(topology), CPU, "fp32", batch_size=24)
    assert torch.allclose(one.x, many.x, atol=1e-5) and torch.equal(one.clip, many.clip)


class Restless(nn.Module):
    """An encoder that switches itself into training mode."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, joints):
        self.train()
        return joints.flatten(1, 2)


def test_no_bar_without_a_terminal(store, topology, encoder, capsys):
    clip_features(encoder, SkeletonDataset(store, frames=16), views(topology), CPU, progress=True)
    assert capsys.readouterr().err == ""


def test_an_encoder_that_leaves_evaluation_mode_is_caught(store, topology):
    with pytest.raises(AssertionError, match="left evaluation mode"):
        clip_features(Restless(), SkeletonDataset(store, frames=16), views(topology), CPU)


def test_a_clip_whose_features_are_not_finite_is_named(topology, tmp_path, encoder):
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        for i in range(3):
            writer.add(np.full((1, 20, 25, 3), 1e38 if i == 1 else 1.0), y=0, name=f"clip{i}")
    huge = SkeletonDataset(SkeletonStore.open(tmp_path / "s"), frames=16)
    with pytest.raises(DataError, match=r"the features of clip 'clip1' in '.*s' are not finite"):
        clip_features(Squares(), huge, plain(), CPU)


def plain():
    return ViewMaker(Compose([]), Compose([]), RandomTokenMask(0.9, 4), None, 1)


class Squares(nn.Module):
    def forward(self, joints):
        return joints.flatten(1, 2).square() + joints.flatten(1, 2)


def test_errors(store, topology, encoder):
    with pytest.raises(ConfigError, match="dataset of clips"):
        clip_features(encoder, SkeletonDataset(store, items="bodies", frames=16), views(topology), CPU)
    with pytest.raises(ConfigError, match="'present', 'padded' or 'relation', found 'all'"):
        clip_features(encoder, SkeletonDataset(store, frames=16), views(topology), CPU, bodies="all")


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
