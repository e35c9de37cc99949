import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import DropAxis


def test_a_graph_loses_one_axis_or_none_each_equally_often():
    out = DropAxis(0.6)(SkeletonData.from_joints(torch.ones(3000, 2, 2, 5, 3)), torch.Generator().manual_seed(0)).joints
    gone = (out == 0).flatten(1, 3)
    assert torch.equal(gone.all(dim=1), gone.any(dim=1))  # of all bodies, frames and joints
    lost = gone.any(dim=1)
    assert (lost.sum(dim=1) <= 1).all()
    assert (lost.float().mean(dim=0) - 0.2).abs().max() < 0.03


def test_never_and_always():
    ones = SkeletonData.from_joints(torch.ones(50, 1, 2, 5, 2))
    assert torch.equal(DropAxis(0.0)(ones).x, ones.x)
    assert ((DropAxis(1.0)(ones).joints == 0).flatten(1).float().mean(dim=1) == 0.5).all()
    with pytest.raises(ConfigError, match=r"p must be in \[0, 1\], found -1"):
        DropAxis(-1)
