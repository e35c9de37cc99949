import re

import numpy as np
import pytest
import torch

from skgraph.datasets.synthetic import write_synthetic
from skgraph.datasets.synthetic.actions import ACTIONS
from skgraph.errors import DataError, StoreError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "store", subjects=4, repetitions=1)


def nearest_neighbour_accuracy(store, features, train, test):
    """Accuracy in percent of a Euclidean 1-NN on `features [clips, n]`."""
    reference = features[train]
    distance = (reference**2).sum(1) - 2 * features[test] @ reference.T
    return 100 * float((store.y[train][distance.argmin(1)] == store.y[test]).double().mean())


def raw_coordinates(store):
    """Bodies resampled to 32 frames, minus the first body's pelvis in its first frame, padded to two, flattened."""
    last = store.track_length[:, None] - 1
    frames = store.track_first[:, None] + torch.linspace(0, 1, 32) * last
    joints, _ = store.gather(torch.arange(len(last)), frames)
    clips = torch.zeros(store.num_clips, 2, *joints.shape[1:])
    slot = torch.arange(len(last)) - store.body_ptr[store.track_clip]
    first = store.body_ptr[store.track_clip]
    clips[store.track_clip, slot] = joints - joints[first, :1, :1]
    return clips.flatten(1)


def test_store(store):
    # 4 subjects x 1 repetition x 26 actions x 3 cameras
    assert store.num_clips == 312
    assert str(store.topology) == "Topology(ntu_rgbd, 25 joints, 24 bones, 3D)"
    assert store.class_names == [action.name for action in ACTIONS]
    assert torch.bincount(store.y).tolist() == [12] * 26
    assert (store.meta["units"], store.meta["fps"], store.meta["dtype"]) == ("m", 30.0, "float16")
    assert 42 <= store.length.min() and store.length.max() <= 107


def test_name_says_setup_camera_performer_repetition_and_action(store):
    for i, name in enumerate(store.name):
        numbers = [int(n) for n in re.fullmatch(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})", name).groups()]
        assert numbers == [store.setup[i], store.camera[i], store.subject[i], 1, store.y[i] + 1]


def test_clips_of_two_have_two_bodies(store):
    bodies = store.body_ptr.diff()
    expected = torch.tensor([1 if action.gap is None else 2 for action in ACTIONS])
    assert torch.equal(bodies, expected[store.y])


def test_three_cameras_record_one_performance(store):
    frames, views = store.length.view(-1, 3), store.camera.view(-1, 3)
    assert (frames == frames[:, :1]).all() and (views == torch.tensor([1, 2, 3])).all()


@pytest.mark.parametrize("split, by", [("xsub", "subject"), ("xview", "camera"), ("xset", "setup")])
def test_splits_are_disjoint_and_complete(store, split, by):
    train, test = store.split(split, "train"), store.split(split, "test")
    values = getattr(store, by)
    assert not set(values[train].tolist()) & set(values[test].tolist())
    assert len(train) + len(test) == store.num_clips
    assert len(store.y[train].unique()) == len(store.y[test].unique()) == 26


def test_splits_as_in_ntu(store):
    assert store.splits() == ["xsub", "xview", "xset"]
    assert store.subject[store.split("xsub", "train")].unique().tolist() == [1, 4]
    assert store.camera[store.split("xview", "train")].unique().tolist() == [2, 3]
    assert store.setup[store.split("xset", "train")].unique().tolist() == [2, 4]


def test_y_is_up_and_z_goes_away_from_the_camera(store):
    head, feet = store.topology.joint("Head"), [store.topology.joint("FootLeft"), store.topology.joint("FootRight")]
    for i in range(store.num_clips):
        clip = store.clip(i)
        first = clip.joints[0, clip.frame_mask[0]][0]
        assert first[head, 1] - first[feet, 1].mean() > 0.7
        assert 1.5 < first[:, 2].min() and first[:, 2].max() < 6.0


def test_same_seed_same_content(tmp_path):
    one, two, other = (
        write_synthetic(tmp_path / name, subjects=2, repetitions=1, seed=seed)
        for name, seed in (("one", 3), ("two", 3), ("other", 4))
    )
    assert one.content_hash == two.content_hash
    assert one.content_hash != other.content_hash


def test_clip_does_not_depend_on_the_others(store, tmp_path):
    fewer = write_synthetic(tmp_path / "fewer", subjects=2, repetitions=1)
    names = store.name.tolist()
    for i in (0, 40, 155):
        assert torch.equal(fewer.clip(i).x, store.clip(names.index(fewer.name[i])).x)


def test_bones_keep_their_length_without_noise(tmp_path):
    clean = write_synthetic(tmp_path / "clean", subjects=2, repetitions=1, noise=0, dropout=0)
    parents, children = clean.topology.edges.T
    for i in range(0, clean.num_clips, 7):
        clip = clean.clip(i)
        for body, there in zip(clip.joints, clip.frame_mask, strict=True):
            lengths = (body[there][:, children] - body[there][:, parents]).norm(dim=-1)
            # What is left is the rounding to float16, up to 2 mm in a coordinate beyond 4 m.
            assert (lengths - lengths.mean(dim=0)).abs().max() < 0.007


def test_raw_coordinates_across_views_are_not_enough(store):
    accuracy = nearest_neighbour_accuracy(
        store, raw_coordinates(store), store.split("xview", "train"), store.split("xview", "test")
    )
    assert 40 < accuracy < 75  # chance is 3.8


def test_length_tells_nothing(store):
    features = store.length[:, None].double()
    accuracy = nearest_neighbour_accuracy(store, features, store.split("xsub", "train"), store.split("xsub", "test"))
    assert accuracy < 12


def test_motion_tells_the_direction_of_time(store):
    """Sitting down and standing up, or raising and lowering the arms, differ in the sign of what moves."""
    pelvis, hand = store.topology.joint("SpineBase"), store.topology.joint("HandLeft")
    for name, joint, sign in (
        ("sit down", pelvis, -1), ("stand up", pelvis, 1), ("raise both arms", hand, 1), ("lower both arms", hand, -1),
    ):  # fmt: skip
        for i in (store.y == store.class_names.index(name)).nonzero().flatten().tolist():
            clip = store.clip(i)
            height = clip.joints[0, clip.frame_mask[0], joint, 1]
            assert sign * (height[-3:].median() - height[:3].median()) > 0.15


@pytest.mark.parametrize(
    "options, message",
    [
        ({"subjects": 1}, "subjects must be at least 2, found 1"),
        ({"repetitions": 0}, "repetitions must be at least 1, found 0"),
        ({"seed": -1}, "seed must be at least 0, found -1"),
        ({"noise": -0.1}, "found noise=-0.1"),
        ({"dropout": 1.0}, "dropout in [0, 1)"),
    ],
)
def test_number_out_of_range(tmp_path, options, message):
    with pytest.raises(DataError, match=re.escape(message)):
        write_synthetic(tmp_path / "store", **options)
    assert not (tmp_path / "store").exists()


def test_existing_store_is_kept(store):
    with pytest.raises(StoreError, match="exists already"):
        write_synthetic(store.path, subjects=2, repetitions=1)


def test_handedness_of_the_subjects(store):
    """Subject 2 is left-handed: of the two, the hand on the side that throws comes higher, mostly the left."""
    left, right = store.topology.joint("HandLeft"), store.topology.joint("HandRight")
    one_handed = [store.class_names.index(name) for name in ("wave", "throw", "point", "drink", "make a phone call")]
    by_left = {subject: [] for subject in (1, 2)}
    for i in range(store.num_clips):
        subject = int(store.subject[i])
        if subject in by_left and int(store.y[i]) in one_handed:
            height = np.percentile(store.clip(i).joints[0, :, [left, right], 1], 85, axis=0)
            by_left[subject].append(height[0] > height[1])
    assert np.mean(by_left[2]) > 0.7 > 0.4 > np.mean(by_left[1])
