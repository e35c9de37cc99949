from __future__ import annotations

import pytest
import torch

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.data.loader import crop_batch
from skgraph.errors import ConfigError, DataError
from skgraph.objectives.objective import LocalCrop
from skgraph.training import ViewMaker, stream_scale
from skgraph.training.views import rotation_axis_warning
from skgraph.transforms import (
    AlignBody,
    Center,
    Compose,
    MotionAwareJointMask,
    RandomJitter,
    RandomReflect,
    RandomRotate,
    RandomTokenMask,
    ToMotion,
)


@pytest.fixture
def bodies(store):
    data = SkeletonDataset(store, items="bodies", frames=16)
    return data.batch(torch.arange(6))


def maker(topology, num_views=2, stream=None, angle=0.5):
    return ViewMaker(
        Compose([Center(topology)]), Compose([RandomRotate(y=angle)]), MotionAwareJointMask(0.9, 4), stream, num_views
    )


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


def test_views_may_have_masks_and_crops_of_their_own(store, topology):
    bodies = SkeletonDataset(store, items="bodies", frames=16, crop=(0.5, 1.0))
    steps = Compose([Center(topology)]), Compose([]), RandomTokenMask(0.75, 4), None, 3
    crops = bodies.batch(torch.arange(6).repeat(3), generator())
    views, visible, masked = ViewMaker(*steps, own_crops=True, own_masks=True)(crops, generator(1))
    assert torch.equal(views.flatten(0, 1), Center(topology)(crops).joints[:, 0])  # view by view
    assert visible.shape == (3, 6, 25) and masked.shape == (3, 6, 75)
    assert len(visible.flatten(0, 1).unique(dim=0)) == 18
    views, visible, _ = ViewMaker(*steps, own_masks=True)(bodies.batch(torch.arange(6)), generator(1))
    assert torch.equal(views[0], views[2]) and len(visible.flatten(0, 1).unique(dim=0)) == 18


def test_masked_views_without_local_ones(store, topology):
    bodies = SkeletonDataset(store, items="bodies", frames=32, crop=(0.5, 1.0))
    made = ViewMaker(
        *(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.5, 4), None, 2), mask_ratio=(0.4, 0.8)
    )
    views, visible, masked = made(crop_batch(bodies, torch.arange(6), generator(), made.crops), generator(1))
    assert [tuple(x.shape) for x in views] == [(2, 6, 32, 25, 3)] and len(visible) == len(masked) == 1
    assert (masked[0].sum(dim=2) > 0).float().mean() == 0.5 and torch.equal(visible[0], ~masked[0])


def test_views_of_several_lengths(store, topology):
    bodies = SkeletonDataset(store, items="bodies", frames=32, crop=(0.5, 1.0))
    kinds = (LocalCrop(16, 2, 0.2, 0.5), LocalCrop(8, 1, 0.1, 0.2))
    noise = [Compose([RandomJitter(std)]) for std in (0.0, 0.5, 2.0)]
    made = ViewMaker(
        *(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.5, 4), None, 2),
        local_crops=kinds,
        mask_ratio=(0.4, 0.8),
        view_augment=noise,
    )
    crops = crop_batch(bodies, torch.arange(6), generator(), made.crops, kinds)
    views, visible, masked = made(crops, generator(1))
    assert [tuple(x.shape) for x in views] == [(2, 6, 32, 25, 3), (4, 6, 16, 25, 3), (2, 6, 8, 25, 3)]
    assert all(torch.equal(seen, ~hidden) for seen, hidden in zip(visible, masked, strict=True))
    plain = Center(topology)(crops).joints[:, 0].unflatten(0, (2, 6))
    assert torch.equal(views[0][0], plain[0]) and 0.4 < (views[0][1] - plain[1]).std() < 0.6
    ratios = masked[0].float().mean(-1)
    expected = 0.4 + 0.4 * (torch.arange(6) + 0.5) / 6
    whole = torch.tensor([[0, 1] * 3, [1, 0] * 3]).bool()  # every second global view
    assert not ratios[whole].any() and torch.allclose(ratios, torch.where(whole, 0.0, expected), atol=0.01)
    for hidden in masked[1:]:
        assert torch.allclose(hidden.float().mean(-1), expected.expand(len(hidden), -1), atol=0.02)


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


def scaled(topology, scale, stream=None):
    return ViewMaker(Compose([Center(topology)]), Compose([]), MotionAwareJointMask(0.9, 4), stream, 1, scale)


@pytest.mark.parametrize("stream", [None, ToMotion()])
def test_scale_divides_the_stream_in_training_and_evaluation(bodies, topology, stream):
    metres, scaled_down = scaled(topology, 1.0, stream), scaled(topology, 0.25, stream)
    view, visible, _ = metres(bodies, generator())
    quarter, same_visible, _ = scaled_down(bodies, generator())
    torch.testing.assert_close(quarter, view * 4)
    assert torch.equal(visible, same_visible)  # the mask is drawn before
    torch.testing.assert_close(scaled_down.plain(bodies).joints, metres.plain(bodies).joints * 4)


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "big", True])
def test_a_scale_that_is_no_positive_number_is_an_error(topology, scale):
    with pytest.raises(ConfigError, match=r"normalise\.scale must be a positive number.*found"):
        scaled(topology, scale)


def test_stream_scale_is_the_root_mean_square_over_frames_that_are_there(store, topology):
    data = SkeletonDataset(store, items="bodies", frames=16)
    views = scaled(topology, 3.0)
    graphs = scaled(topology, 1.0).plain(data.batch(torch.arange(len(data))))
    expected = graphs.joints[graphs.frame_mask].square().mean().sqrt()
    measured = stream_scale(data, views, bodies=len(data))
    assert measured == pytest.approx(float(expected), rel=5e-3)  # three digits
    assert measured == stream_scale(data, scaled(topology, 1.0), bodies=len(data))  # its own scale does not count
    assert stream_scale(data, views, bodies=3) == stream_scale(data, views, bodies=3)  # nothing random


def test_a_stream_without_spread_is_an_error(store, topology):
    data = SkeletonDataset(store, items="bodies", frames=16)
    still = ViewMaker(Compose([]), Compose([]), MotionAwareJointMask(0.9, 4), zeros, 1)
    with pytest.raises(DataError, match="nothing to learn"):
        stream_scale(data, still)


def zeros(graphs):
    graphs.joints = torch.zeros_like(graphs.joints)
    return graphs


def test_bodies_that_would_tumble(tmp_path, topology):
    """Bodies along z are turned about y by any angle: a warning that says what to write."""
    height = -topology.hops[topology.root].float()
    joints = torch.zeros(1, 8, 25, 3)
    joints[..., 2] = 0.3 * height
    with StoreWriter(tmp_path / "z", topology, ["a"]) as writer:
        writer.add(joints.numpy(), y=0, name="clip")
    store = SkeletonStore.open(tmp_path / "z")
    warning = rotation_axis_warning(store, maker(topology, angle=3.1416))
    assert "stand along z, and are rotated by up to 180 degrees about y" in warning
    assert warning.endswith("say augment.rotate.y=0 augment.rotate.z=3.1416")
    assert rotation_axis_warning(store, maker(topology, angle=0.5)) is None  # a tilt
    upright = maker(topology, angle=3.1416)
    upright.normalise = Compose([Center(topology), AlignBody(topology)])
    assert rotation_axis_warning(store, upright) is None


def test_a_mask_of_the_body_before_its_augmentation(bodies, topology):
    """Mirrored views exchange left and right; the mask is then of the joints that move most in the recording."""

    class Busiest(torch.nn.Module):
        patch_length = 4

        def draw(self, joints, generator, frame_mask):
            order = joints.diff(dim=1).norm(dim=-1).sum(dim=1).argsort(dim=1)
            return order[:, :20], order[:, 20:]

    bodies = Center(topology)(bodies)
    own = Busiest().draw(bodies.joints[:, 0], None, None)
    for source in ("view", "sequence"):
        views = ViewMaker(Compose([]), RandomReflect(topology, p=1.0), Busiest(), None, 2, mask_source=source)
        drawn = views(bodies, generator())[1:]
        assert all(torch.equal(a, b) for a, b in zip(own, drawn, strict=True)) == (source == "sequence")
