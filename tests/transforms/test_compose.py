import importlib

import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import (
    Compose,
    RandomRotate,
    RandomScale,
    RandomShear,
    RandomTranslate,
    ToMotion,
)

compose_module = importlib.import_module("skgraph.transforms.compose")


def test_compose():
    inner = Compose([ToMotion()])
    transform = Compose([RandomScale(low=2.0, high=2.0), inner])
    lines = ["Compose([", "  RandomScale(low=2.0, high=2.0),", "  Compose([", "    ToMotion(),", "  ]),", "])"]
    assert repr(transform).splitlines() == lines
    clip = SkeletonData.from_joints(torch.tensor([1.0, 4.0]).view(1, 2, 1, 1))
    assert transform(clip).x.flatten().tolist() == [6.0, 0.0]
    assert Compose([])(clip).x.flatten().tolist() == [1.0, 4.0]


def test_compose_hands_the_generator_through():
    clip = SkeletonData.from_joints(torch.ones(1, 2, 5, 3))
    transform = Compose([RandomScale(0.5, 1.5), RandomTranslate(1.0)])
    whole = transform(clip, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(0)
    steps = RandomTranslate(1.0)(RandomScale(0.5, 1.5)(clip, generator), generator)
    assert torch.equal(whole.x, steps.x)


def test_compose_takes_graph_transforms_only():
    with pytest.raises(ConfigError, match="Compose takes graph transforms, found builtin_function_or_method"):
        Compose([len])


def test_neighbouring_linear_maps_are_applied_at_once(monkeypatch):
    calls = []
    once = compose_module.apply_linear
    monkeypatch.setattr(compose_module, "apply_linear", lambda *args: calls.append(1) or once(*args))
    clips = SkeletonData.from_joints(torch.randn(4, 2, 3, 5, 3))
    steps = [
        RandomRotate(1.0, 1.0, 1.0),
        RandomScale(0.5, 2.0),
        RandomShear(0.3),
        RandomTranslate(1.0),
        RandomShear(1.0),
    ]
    fused = Compose(steps)(clips, torch.Generator().manual_seed(0))
    assert len(calls) == 2  # before and after the translation
    generator, one_by_one = torch.Generator().manual_seed(0), clips
    for step in steps:
        one_by_one = step(one_by_one, generator)
    torch.testing.assert_close(fused.x, one_by_one.x)
