from __future__ import annotations

import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.training import ViewMaker
from skgraph.transforms import Center, Compose, MotionAwareJointMask, RandomRotate, ToMotion


@pytest.fixture
def bodies(store):
    data = SkeletonDataset(store, items="bodies", frames=16)
    return data.batch(torch.arange(6))


def maker(topology, num_views=2, stream=None, angle=0.5):
    return ViewMaker(Compose([Center(topology)]), Compose([RandomRotate(y=angle)]), MotionAwareJointMask(0.9, 4),
                     stream, num_views)  # fmt: skip


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_shapes_and_partition(bodies, topology):
    views, visible, masked = maker(topology)(bodies, generator())
    assert views.shape == (2, 6, 16, 25, 3)
    assert visible.shape == (6, 3 * 4) and masked.shape == (6, 22 * 4)
    assert torch.equal(torch.cat([visible, masked], 1).sort(1).values, torch.arange(100).expand(6, -1))


def test_each_view_of_each_body_has_its_own_draw(bodies, topology):
    views = maker(topology)(bodies, generator())[0]
    centred = Center(topology)(bodies).joints[:, 0]
    heights = views[..., 1]
    assert torch.allclose(heights[0], centred[..., 1], atol=1e-5)  # about the vertical: heights stay
    assert not torch.allclose(views[0], views[1], atol=1e-3)
    angles = torch.atan2(views[..., 0, 0, 2], views[..., 0, 0, 0]) - torch.atan2(
        centred[..., 0, 0, 2], centred[..., 0, 0, 0]
    )
    assert angles.flatten().unique().numel() == 12


def test_the_mask_does_not_depend_on_the_stream(bodies, topology):
    joint = maker(topology)(bodies, generator())
    motion = maker(topology, stream=ToMotion())(bodies, generator())
    assert torch.equal(joint[1], motion[1])
    assert torch.allclose(joint[0][:, :, 1:] - joint[0][:, :, :-1], motion[0][:, :, :-1], atol=1e-6)


def test_plain_is_normalised_and_streamed_but_not_augmented(bodies, topology):
    plain = maker(topology, stream=ToMotion()).plain(bodies)
    assert torch.equal(plain.joints, ToMotion()(Center(topology)(bodies)).joints)


def test_the_batch_is_left_as_it_was(bodies, topology):
    before = bodies.x.clone()
    maker(topology)(bodies, generator())
    assert torch.equal(bodies.x, before)
