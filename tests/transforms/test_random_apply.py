import pytest
import torch
from torch import nn

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import DropFrames, RandomApply, RandomScale


def test_a_share_of_the_graphs_is_transformed():
    ones = SkeletonData.from_joints(torch.ones(2000, 1, 2, 5, 3))
    out = RandomApply(RandomScale(2.0, 2.0), p=0.3)(ones, torch.Generator().manual_seed(0)).joints.flatten(1)
    assert torch.equal(out.amin(dim=1), out.amax(dim=1))
    assert 0.27 < (out[:, 0] == 2).float().mean() < 0.33


def test_frames_are_lost_with_their_joints():
    ones = SkeletonData.from_joints(torch.ones(2000, 1, 4, 5, 3))
    out = RandomApply(DropFrames(0.5, 0.5), p=0.3)(ones, torch.Generator().manual_seed(0))
    assert torch.equal(out.joints.bool().all(dim=-1).all(dim=-1), out.frame_mask)
    assert 0.27 < (~out.frame_mask).any(dim=-1).float().mean() < 0.33


def test_it_takes_graph_transforms_and_probabilities():
    with pytest.raises(ConfigError, match="RandomApply takes a graph transform, found Linear"):
        RandomApply(nn.Linear(1, 1))
    with pytest.raises(ConfigError, match=r"p must be in \[0, 1\], found 2"):
        RandomApply(RandomScale(1.0, 1.0), p=2)
