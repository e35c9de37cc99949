import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import RandomJitter


def test_random_jitter():
    assert repr(RandomJitter(0.01)) == "RandomJitter(std=0.01)"
    clip = SkeletonData.from_joints(torch.zeros(2, 50, 25, 3))
    noise = RandomJitter(0.01)(clip, torch.Generator().manual_seed(0)).joints
    assert noise.std().item() == pytest.approx(0.01, rel=0.05) and noise.mean().abs() < 0.001
    assert len(noise.flatten().unique()) > 7000  # every coordinate of every node has its own


def test_random_jitter_errors():
    with pytest.raises(ConfigError, match=r"std must be at least 0, found -0.1"):
        RandomJitter(-0.1)
