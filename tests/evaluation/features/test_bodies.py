from __future__ import annotations

import copy

import pytest
import torch

from skgraph.data import SkeletonData, SkeletonDataset
from skgraph.errors import ConfigError
from skgraph.evaluation.features.bodies import crop_windows, prepare_bodies, read_bodies
from skgraph.topology import Topology
from skgraph.transforms import AlignBody, Compose, MapJoints, RandomRotate

CPU = torch.device("cpu")


def test_only_bodies_that_are_there(store, views):
    data = SkeletonDataset(store, frames=16)
    bodies = read_bodies(data, torch.tensor([0, 1, 3]), views, CPU)
    assert bodies.clip.tolist() == [0, 0, 1, 2, 2] and bodies.slot.tolist() == [0, 1, 0, 0, 1]
    assert bodies.joints.shape == (5, 16, 25, 3) and len(bodies) == 3 and bodies.slots == 2
    assert bodies.ids.tolist() == [0, 1, 3]
    padded = read_bodies(data, torch.tensor([0, 1, 3]), views, CPU, "padded")
    assert len(padded.joints) == 6 and not padded.joints[3].any()
    assert torch.equal(padded.joints[[0, 1, 2, 4, 5]], bodies.joints)


def test_mean_and_padding_over_ragged_bodies(store, views):
    bodies = read_bodies(SkeletonDataset(store, frames=16), torch.tensor([1, 0]), views, CPU)
    x = torch.arange(3.0).view(3, 1, 1).expand(3, 4, 2)  # tokens of bodies 0 | 1, 2
    assert bodies.mean(x)[:, 0, 0].tolist() == [0.0, 1.5]
    dense, there = bodies.padded(x + 1)
    assert dense.shape == (2, 8, 2) and there.tolist() == [[True] * 4 + [False] * 4, [True] * 8]
    assert dense[0, :, 0].tolist() == [1] * 4 + [0] * 4 and dense[1, :, 0].tolist() == [2] * 4 + [3] * 4


def test_each_body_as_the_other_sees_it(store, views):
    """The other body, in a frame in which one's own first pose is centred and faces +z."""
    data = SkeletonDataset(store, frames=16)
    bodies = read_bodies(data, torch.tensor([1, 0]), views, CPU, "relation")
    assert (
        bodies.joints.shape == (5, 16, 25, 3)
        and bodies.pair.tolist() == [1]
        and bodies.owner.tolist() == [0, 1, 1, 1, 1]
    )
    clip = data.batch(torch.tensor([0]))
    for own, other, found in ((0, 1, bodies.joints[3]), (1, 0, bodies.joints[4])):
        pair = SkeletonData.from_joints(clip.joints[:, [own, other]], clip.frame_mask[:, [own, other]])
        seen = views.plain(AlignBody(store.topology, yaw_only=True)(pair)).joints[0, 1]
        assert torch.allclose(found, seen, atol=1e-5)
    assert torch.equal(bodies.joints[:3], read_bodies(data, torch.tensor([1, 0]), views, CPU).joints)


def test_what_bodies_see_of_each_other_does_not_depend_on_the_camera(store, views):
    clip = SkeletonDataset(store, frames=16).batch(torch.tensor([0]))
    turned = RandomRotate(y=3.0)(clip.clone(), torch.Generator().manual_seed(1))
    turned.joints = (turned.joints + torch.tensor([1.0, 0.0, -2.0])) * turned.frame_mask[..., None, None]
    here, there = (prepare_bodies(each, views, CPU, "relation", store.topology).joints for each in (clip, turned))
    assert torch.allclose(here[2:], there[2:], atol=1e-4) and not torch.allclose(here[:2], there[:2], atol=0.1)


def test_features_of_clips_whose_bodies_are_in_relation(store, views):
    bodies = read_bodies(SkeletonDataset(store, frames=16), torch.tensor([1, 0]), views, CPU, "relation")
    x = torch.tensor([[1.0], [2.0], [4.0], [10.0], [7.0]])  # body 0 | bodies 1, 2 | 2 seen by 1, 1 seen by 2
    assert bodies.combine(x).tolist() == [[1.0, 0.0, 0.0], [3.0, 8.5, 3.0]]
    mapped = copy.deepcopy(views)
    mapped.normalise = Compose([MapJoints(store.topology, Topology.load("sbu_15"))])
    assert (
        read_bodies(SkeletonDataset(store, frames=16), torch.tensor([1]), mapped, CPU, "relation").joints.size(2) == 15
    )
    alone = read_bodies(SkeletonDataset(store, frames=16), torch.tensor([1]), views, CPU, "relation")
    assert len(alone.joints) == 1 and alone.combine(x[:1]).tolist() == [[1.0, 0.0, 0.0]]


def test_augmentation_turns_all_bodies_of_a_clip_together(store, views):
    data, idx = SkeletonDataset(store, frames=16), torch.tensor([0, 3])
    plain = read_bodies(data, idx, views, CPU)
    turned = read_bodies(data, idx, views, CPU, augment=RandomRotate(y=1.0), generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(plain.joints, turned.joints)
    distance = lambda bodies: (bodies.joints[0] - bodies.joints[1]).norm(dim=-1)  # noqa: E731
    assert torch.allclose(distance(plain), distance(turned), atol=1e-5)


def test_crops_run_from_the_start_to_the_end(store):
    data = SkeletonDataset(store, frames=16)
    idx = torch.tensor([2, 5])
    length = store.length[idx]
    (middle,) = crop_windows(data, idx, 0.5, 1)
    first, second, third = crop_windows(data, idx, 0.5, 3)
    assert all(torch.equal(a, b) for a, b in zip(middle, second, strict=True))
    assert first[0].tolist() == [0, 0] and torch.equal(third[0] + third[1], length)


def test_crops_lie_in_the_dataset_that_asks(store, views):
    """Positions count within a split, not within the store."""
    test = SkeletonDataset(store, "xsub", "test", frames=16)
    whole = SkeletonDataset(store, frames=16)
    clip = int(test.clips[3])
    windows = crop_windows(test, torch.tensor([3]), 0.5, 1)[0]
    ours = read_bodies(test, torch.tensor([3]), views, CPU, windows=windows)
    theirs = read_bodies(
        whole, torch.tensor([clip]), views, CPU, windows=crop_windows(whole, torch.tensor([clip]), 0.5, 1)[0]
    )
    assert torch.equal(ours.joints, theirs.joints)


def test_errors(store, views):
    data = SkeletonDataset(store, frames=16)
    with pytest.raises(ConfigError, match="dataset of clips"):
        read_bodies(SkeletonDataset(store, items="bodies", frames=16), torch.tensor([0]), views, CPU)
    with pytest.raises(ConfigError, match="'present', 'padded' or 'relation', found 'all'"):
        read_bodies(data, torch.tensor([0]), views, CPU, "all")
    with pytest.raises(ConfigError, match=r"crop must be a proportion in \(0, 1\], found 1.5"):
        crop_windows(data, torch.tensor([0]), 1.5, 1)
    with pytest.raises(ConfigError, match="crops must be at least 1, found 0"):
        crop_windows(data, torch.tensor([0]), 1.0, 0)
