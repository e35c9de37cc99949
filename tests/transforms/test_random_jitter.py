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


def test_relative_jitter_follows_the_size_of_each_body(topology):
    pose = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 2, 0], [3, 1, 0], [-4, 1, 0]])  # from hand to hand: 7
    joints = pose * torch.tensor([1.0, 100.0])[:, None, None, None, None].expand(2, 1, 400, 1, 1)
    jitter = RandomJitter(0.01, relative=True, topology=topology)
    noise = jitter(SkeletonData.from_joints(joints), torch.Generator().manual_seed(0)).joints - joints
    assert noise.flatten(1).std(dim=1).tolist() == pytest.approx([0.07, 7.0], rel=0.05)
    assert repr(jitter) == "RandomJitter(std=0.01, relative=True, tiny_3d)"


def test_random_jitter_errors():
    with pytest.raises(ConfigError, match="RandomJitter: relative=True needs a topology"):
        RandomJitter(0.01, relative=True)
    with pytest.raises(ConfigError, match=r"std must be at least 0, found -0.1"):
        RandomJitter(-0.1)
