import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.transforms import Center


def two_bodies():
    """Pelvises at x = 1, 2 (first body, absent, then present twice) and x = 10, 20, 30; the other joints 1 further."""
    pelvis = torch.tensor([[0.0, 1.0, 2.0], [10.0, 20.0, 30.0]])
    joints = pelvis[..., None, None] + torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0])[:, None]
    joints[0, 0] = 0
    return SkeletonData.from_joints(joints, torch.tensor([[False, True, True], [True, True, True]]))


def test_center_on_the_first_pose(topology):
    transform = Center(topology)
    assert repr(transform) == "Center(tiny_3d, mode='first')"
    out = transform(two_bodies()).joints[..., 0]
    assert out[..., 0].tolist() == [[0, 0, 1], [9, 19, 29]]  # trajectories and distances are kept
    assert out[..., 1].tolist() == [[0, 1, 2], [10, 20, 30]]


def test_center_on_every_frame(topology):
    out = Center(topology, mode="frame")(two_bodies()).joints[..., 0]
    assert out[..., 0].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert out[..., 1].tolist() == [[0, 1, 1], [1, 1, 1]]


def test_center_twice_is_once(topology, batch):
    for mode in ("first", "frame"):
        once = Center(topology, mode)(batch)
        assert torch.equal(Center(topology, mode)(once).x, once.x)


def test_center_of_a_graph_without_bodies_is_zero(topology):
    empty = SkeletonData.from_joints(torch.zeros(1, 3, 5, 3), torch.zeros(1, 3, dtype=torch.bool))
    assert not Center(topology)(empty).x.any()


def test_center_knows_two_modes(topology):
    with pytest.raises(ConfigError, match="mode must be 'first' or 'frame', found 'body'"):
        Center(topology, mode="body")
