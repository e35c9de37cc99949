import re

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from skgraph import prepare
from skgraph._internal.data_dir import data_dir
from skgraph.datasets.synthetic import write_synthetic
from skgraph.datasets.synthetic.actions import load_actions
from skgraph.datasets.synthetic.limbs import Performer
from skgraph.datasets.synthetic.scene import RECORDINGS, perform_recording, plan_recordings
from skgraph.errors import DataError, StoreError
from skgraph.topology import Topology

ACTIONS = load_actions()


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


def test_no_bar_without_a_terminal(tmp_path, capsys):
    write_synthetic(tmp_path / "store", subjects=2, repetitions=1, progress=True)
    assert capsys.readouterr().err == ""


def test_same_seed_same_content(tmp_path):
    one, two, other = (
        write_synthetic(tmp_path / name, subjects=2, repetitions=1, seed=seed)
        for name, seed in (("one", 3), ("two", 3), ("other", 4))
    )
    assert one.content_hash == two.content_hash
    assert one.content_hash != other.content_hash


def test_content_stays_that_of_earlier_versions(store, recordings):
    """Sums and not hashes, because another processor may round differently."""
    for made, i, frames, total in ((store, 20, 55, 5532.577213), (recordings, 35, 651, 62239.122819)):
        clip = made.clip(i)
        assert clip.joints.shape == (1, frames, 25, 3)
        assert clip.joints.double().abs().sum().item() == pytest.approx(total, rel=1e-6)


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
        ("sit down", pelvis, -1),
        ("stand up", pelvis, 1),
        ("raise both arms", hand, 1),
        ("lower both arms", hand, -1),
    ):
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


def test_interactions_differ_in_the_relation_of_two(tmp_path):
    made = write_synthetic(tmp_path / "pairs", subjects=4, repetitions=1, interactions=True, noise=0, dropout=0)
    assert made.num_clips == 4 * 8 * 3 and (made.body_ptr.diff() == 2).all() and len(made.class_names) == 8
    change = {name: [] for name in made.class_names}
    for i in range(made.num_clips):
        clip = made.clip(i)
        pelvis = clip.joints[:, clip.frame_mask.all(dim=0), made.topology.root]
        distance = (pelvis[0] - pelvis[1]).norm(dim=-1)
        change[made.class_names[int(made.y[i])]].append(float(distance[-1] - distance[0]))
    assert max(change["walk towards each other"]) < -0.5 and min(change["walk apart"]) > 0.5
    assert max(map(abs, change["follow"] + change["wave back"])) < 0.5
    with pytest.raises(DataError, match="recordings=true or interactions=true, found both"):
        write_synthetic(tmp_path / "both", interactions=True, recordings=True)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "recordings"
    return write_synthetic(path, subjects=4, repetitions=1, recordings=True)


ALONE = [i for i, action in enumerate(ACTIONS) if action.gap is None]


def test_clips_have_no_segments(store):
    assert not store.has_segments and (store.y >= 0).all()


def test_recordings(recordings):
    # 4 subjects x 1 repetition x 3 recordings x 3 cameras, in which every subject performs 21 actions for one
    assert recordings.num_clips == 36 and recordings.y.unique().tolist() == [-1]
    assert recordings.class_names == [action.name for action in ACTIONS]
    counts = torch.bincount(recordings.segment_label, minlength=len(ACTIONS)).tolist()
    assert counts == [12 if i in ALONE else 0 for i in range(len(ACTIONS))]
    assert recordings.max_bodies == 1
    assert 300 < recordings.length.min() and recordings.length.max() < 1300
    for i, name in enumerate(recordings.name):
        numbers = [int(n) for n in re.fullmatch(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})N(\d{3})", name).groups()]
        assert numbers[:4] == [recordings.setup[i], recordings.camera[i], recordings.subject[i], 1]
        assert 1 <= numbers[4] <= RECORDINGS


def test_rest_lies_between_the_actions(recordings):
    for i in range(recordings.num_clips):
        _, start, end = recordings.segments(i).T
        rest = torch.cat([start, recordings.length[i : i + 1]]) - torch.cat([start.new_zeros(1), end])
        assert 20 <= rest.min() and rest.max() <= 77  # 0.7 to 2.5 s at 30 Hz, rounded
        assert 10 <= (end - start).min() and (end - start).max() <= 107


def test_three_cameras_record_one_recording(recordings):
    for i in range(0, recordings.num_clips, 3):
        assert recordings.camera[i : i + 3].tolist() == [1, 2, 3]
        assert torch.equal(recordings.segments(i), recordings.segments(i + 2))


@pytest.mark.parametrize("split, by", [("xsub", "subject"), ("xview", "camera"), ("xset", "setup")])
def test_splits_of_recordings(recordings, split, by):
    train, test = recordings.split(split, "train"), recordings.split(split, "test")
    values = getattr(recordings, by)
    assert not set(values[train].tolist()) & set(values[test].tolist())
    assert len(train) + len(test) == recordings.num_clips
    for part in (train, test):
        assert set(torch.cat([recordings.segments(int(i))[:, 0] for i in part]).tolist()) == set(ALONE)


def test_recordings_follow_from_the_seed_alone(recordings, tmp_path):
    one, two, other = (
        write_synthetic(tmp_path / name, subjects=2, repetitions=1, seed=seed, recordings=True)
        for name, seed in (("one", 0), ("two", 0), ("other", 1))
    )
    assert one.content_hash == two.content_hash != other.content_hash
    names = recordings.name.tolist()
    for i in (0, 7, 17):  # and not from how many others there are
        assert torch.equal(one.clip(i).x, recordings.clip(names.index(one.name[i])).x)
        assert torch.equal(one.segments(i), recordings.segments(names.index(one.name[i])))


@pytest.mark.parametrize("seed", range(20))
def test_plan_recordings(seed):
    parts = plan_recordings(np.random.default_rng(seed))
    assert sorted(i for part in parts for i in part) == ALONE
    assert min(len(part) for part in parts) >= 5
    for part in parts:
        before = [{}] + [ACTIONS[i].end_posture() for i in part]  # of standing people nothing is left
        assert [ACTIONS[i].start for i in part] == before[:-1]
    assert parts != plan_recordings(np.random.default_rng(seed + 100))


def test_end_posture():
    left_in = {action.name: action.end_posture() for action in ACTIONS if action.end_posture() and action.gap is None}
    assert left_in == {
        "sit down": {"right_leg": "sit", "left_leg": "sit"},
        "raise both arms": {"right_arm": "up", "left_arm": "up"},
        "pick up": {"right_arm": "carry", "left_arm": "carry"},
        "take off a hat": {"right_arm": "carry", "left_arm": "carry"},
    }


def act_out(*names, seed=0, left_handed=False):
    """Joints [T, V, 3] of a recording without noise, and its spans."""
    actions = [next(action for action in ACTIONS if action.name == name) for name in names]
    performer = Performer.draw(np.random.default_rng((seed, 1)), left_handed)
    joints, spans = perform_recording(actions, performer, Topology.load("ntu_rgbd"), np.random.default_rng(seed))
    return joints[0], spans


@pytest.mark.parametrize("seed", range(4))
def test_the_pelvis_moves_when_the_segment_says_so(seed):
    joints, ((down, seated), (up, stands)) = act_out("sit down", "stand up", seed=seed, left_handed=seed == 1)
    height = joints[:, 0, 1]
    sitting, standing = height[seated + 6 : up - 6], np.concatenate([height[: down - 6], height[stands + 6 :]])
    assert np.ptp(sitting) < 0.1 and np.ptp(standing) < 0.1
    assert standing.min() - sitting.max() > 0.2


@pytest.mark.parametrize("seed", range(4))
def test_who_turned_around_goes_on_from_there(seed):
    joints, spans = act_out("turn around", "jump", "wave", seed=seed)
    topology = Topology.load("ntu_rgbd")
    across = joints[:, topology.joint("ShoulderLeft")] - joints[:, topology.joint("ShoulderRight")]
    heading = np.unwrap(np.arctan2(across[:, 0], across[:, 2]))
    before, after = heading[: spans[0, 0] - 6], heading[spans[0, 1] + 6 :]
    assert abs(after.mean() - before.mean()) == pytest.approx(np.pi, abs=0.35)
    assert np.ptp(after) < 1.2  # sways, jumps and waves with that heading


def test_segments_are_where_people_move():
    joints, spans = act_out("throw", "jump", "kick", "clap", "wave")
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean(axis=1)
    acts = np.zeros(len(speed), bool)
    for start, end in spans:
        acts[start:end] = True
    assert np.median(speed[acts]) > 3 * np.median(speed[~acts])
    assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() * 30 < 20  # metres a second: nobody jumps in space


def test_command_line_writes_recordings(tmp_path, capsys):
    def composed(*overrides):
        with initialize_config_dir(str(data_dir("configs") / "prepare"), version_base="1.3"):
            return compose("prepare", ["dataset=synthetic", f"out={tmp_path / 'store'}", *overrides])

    prepare.main(composed("recordings=true", "subjects=2", "repetitions=1"))
    printed = capsys.readouterr().out
    assert re.search(r"segments +126 in 18 recordings, \d+ to \d+ each; \d\d% of all frames are labelled", printed)
    assert "classes       26, of 0 (shake hands) to 6 segments (wave), median 6" in printed
    with pytest.raises(DataError, match="recordings must be true or false, found 'no'"):
        prepare.main(composed("recordings=no", "overwrite=true"))
