import numpy as np
import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.errors import ConfigError
from skgraph.transforms import DropJoints


def confident(joints, frame_mask=None):
    """Joints whose confidence, 1 where the body is present, tells afterwards which were lost."""
    data = SkeletonData.from_joints(joints, frame_mask)
    data.confidence = data.frame_mask[..., None].expand(joints.shape[:-1]).float()
    return data


def seeded():
    return torch.Generator().manual_seed(0)


def test_what_is_lost_is_filled_in_as_a_reader_does(topology, batch):
    out = DropJoints(topology, p=0.6, low=0.2)(confident(batch.joints, batch.frame_mask), seeded())
    assert (out.confidence[batch.frame_mask] == 0).any() and (out.confidence == 1).any()
    for i in range(3):
        filled, frame_mask = fill_missing(batch.joints[i].numpy(), out.confidence[i].bool().numpy(), topology)
        np.testing.assert_allclose(out.joints[i], filled, atol=1e-5)
        assert np.array_equal(out.frame_mask[i], frame_mask)


def test_a_joint_is_lost_with_a_probability_for_a_span(topology):
    transform = DropJoints(topology, p=0.3, low=0.5, high=0.75)
    lost = transform(confident(torch.randn(1000, 2, 20, 5, 3)), seeded()).confidence == 0
    frames = lost.sum(dim=2)
    assert 0.28 < (frames > 0).float().mean() < 0.32
    assert frames.unique().tolist() == [0, *range(10, 16)]
    assert not torch.equal(frames[:, 0], frames[:, 1])  # bodies draw for themselves
    assert repr(transform) == "DropJoints(tiny_3d, p=0.3, low=0.5, high=0.75)"


def test_never_always_and_a_body_of_which_nothing_is_left(topology):
    data = confident(torch.randn(4, 1, 6, 5, 3))
    assert torch.equal(DropJoints(topology, p=0.0)(data).x, data.x)
    out = DropJoints(topology, p=1.0, low=1.0)(data)
    assert not out.frame_mask.any() and not out.x.any()


def test_drop_joints_errors(topology):
    with pytest.raises(ConfigError, match=r"DropJoints: p must be in \[0, 1\], found 2"):
        DropJoints(topology, p=2)
    with pytest.raises(ConfigError, match="DropJoints: 0 <= low <= high <= 1 is needed, found low=0.9, high=0.5"):
        DropJoints(topology, low=0.9, high=0.5)
