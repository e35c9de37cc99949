import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import RandomScale


def test_random_scale():
    assert repr(RandomScale(0.9, 1.1)) == "RandomScale(low=0.9, high=1.1)"
    clip = SkeletonData.from_joints(torch.tensor([1.0, -2.0, 4.0]).view(1, 1, 1, 3))
    assert RandomScale(2.0, 2.0)(clip).x.tolist() == [[2, -4, 8]]


def test_factors_fill_their_range():
    out = RandomScale(0.5, 2.0)(SkeletonData.from_joints(torch.ones(1000, 1, 2, 5, 3))).joints.flatten(1)
    assert torch.equal(out.amin(1), out.amax(1))  # one factor a graph
    assert 0.5 <= out.min() < 0.55 and 1.95 < out.max() <= 2.0


def test_random_scale_errors():
    with pytest.raises(ConfigError, match=r"0 < low <= high is needed, found low=1.2, high=0.8"):
        RandomScale(1.2, 0.8)
