import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, DataError
from skgraph.transforms import DropJoints


def dropped(transform, graphs=500):
    """Which joints are gone, [graphs, bodies, V]; a joint must be gone in all frames and coordinates or in none."""
    ones = SkeletonData.from_joints(torch.ones(graphs, 2, 3, 5, 3))
    gone = transform(ones, torch.Generator().manual_seed(0)).joints == 0
    assert torch.equal(gone, gone[:, :, :1, :, :1].expand_as(gone))
    return gone[:, :, 0, :, 0]


def test_drop_joints():
    assert repr(DropJoints(p=0.1)) == "DropJoints(p=0.1)"
    assert repr(DropJoints(count=2)) == "DropJoints(count=2)"
    assert 0.18 < dropped(DropJoints(p=0.2)).float().mean() < 0.22
    assert not dropped(DropJoints(p=0.0)).any()
    assert dropped(DropJoints(p=1.0)).all()


def test_a_count_is_exact_and_bodies_draw_for_themselves():
    gone = dropped(DropJoints(count=2))
    assert (gone.sum(-1) == 2).all()
    assert (gone.float().mean((0, 1)) - 0.4).abs().max() < 0.05  # each joint equally often
    assert not torch.equal(gone[:, 0], gone[:, 1])


def test_drop_joints_errors():
    for arguments in ({}, {"p": 0.1, "count": 1}):
        with pytest.raises(ConfigError, match="takes either p or count"):
            DropJoints(**arguments)
    with pytest.raises(ConfigError, match=r"p must be in \[0, 1\], found 2"):
        DropJoints(p=2)
    with pytest.raises(ConfigError, match="count must be at least 0, found -1"):
        DropJoints(count=-1)
    with pytest.raises(DataError, match="count=6 is more than the 5 joints"):
        dropped(DropJoints(count=6))
