import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import RandomTranslate


def test_random_translate():
    assert repr(RandomTranslate(0.1)) == "RandomTranslate(max_offset=0.1)"
    out = RandomTranslate(0.5)(SkeletonData.from_joints(torch.zeros(1000, 2, 3, 5, 3))).joints
    assert torch.equal(out, out[:, :1, :1, :1].expand_as(out))  # one vector a graph
    low, high = out[:, 0, 0, 0].amin(0), out[:, 0, 0, 0].amax(0)
    assert (low >= -0.5).all() and (low < -0.48).all() and (high > 0.48).all() and (high <= 0.5).all()


def test_random_translate_errors():
    with pytest.raises(ConfigError, match="max_offset must be at least 0, found -1"):
        RandomTranslate(-1)
