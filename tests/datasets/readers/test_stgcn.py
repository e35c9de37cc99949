import os
import pickle

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.stgcn import read_stgcn
from skgraph.errors import ConfigError, DataError, StoreError

FRAMES = 12
NAMES = ["S001C002P003R001A001.skeleton", "S001C001P008R001A002.skeleton"]


def body(frames, seed=0, up=1):
    """A standing body of 1.7 m whose joints move at random: [frames, 25, 3], its spine along the axis `up`."""
    joints = np.random.default_rng(seed).normal(scale=0.02, size=(frames, 25, 3))
    joints[..., up] += np.linspace(0, 1.7, 25)
    joints[..., 0] += 0.3
    return joints


def padded(*bodies):
    """Bodies `[T, 25, 3]` as a clip [3, FRAMES, 25, 2], zeros after their ends."""
    clip = np.zeros((3, FRAMES, 25, 2), np.float32)
    for m, joints in enumerate(bodies):
        clip[:, : len(joints), :, m] = joints.transpose(2, 0, 1)
    return clip


def replayed(*bodies):
    """The same, each body repeated to the end, and the place of the first one's joint 2 subtracted in every frame."""
    clip = padded(*(np.resize(joints, (FRAMES, 25, 3)) for joints in bodies))
    clip -= np.where(clip.any(axis=(0, 1, 2)), clip[:, :, 1:2, :1], 0)
    return clip


@pytest.fixture
def save(tmp_path):
    def write(clips, kind="train", names=None, labels=None, end="_joint", frames=None, folder="xsub", label_file=None):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        np.save(path / f"{kind}_data{end}.npy", np.stack(clips) if isinstance(clips, list) else clips)
        names = [f"{kind}{i}.skeleton" for i in range(len(clips))] if names is None else names
        content = (names, [0] * len(clips) if labels is None else labels) if label_file is None else label_file
        (path / f"{kind}_label.pkl").write_bytes(pickle.dumps(content, 2))
        if frames is not None:
            np.save(path / f"{kind}_num_frame.npy", frames)
        return path

    return write


def test_store_holds_what_the_files_hold(save, tmp_path):
    one, two = body(5), body(7, 1)
    save([padded(one), padded(one, two)], names=NAMES, labels=[0, 1], end="")
    folder = save([padded(two)], "val", ["S001C003P001R002A002"], [1], end="")
    raw = read_stgcn(folder)
    assert raw.class_names == ["drink water", "eat meal"] and raw.notes == []
    assert (raw.subject.tolist(), raw.camera.tolist(), raw.setup.tolist()) == ([3, 8, 1], [2, 1, 3], [1, 1, 1])
    store = SkeletonStore.open(write_store(raw, tmp_path / "store").path)
    assert store.name.tolist() == ["S001C002P003R001A001", "S001C001P008R001A002", "S001C003P001R002A002"]
    assert store.length.tolist() == [5, 7, 7]
    assert (store.splits(), store.split("xsub", "test").tolist()) == (["xsub"], [2])
    assert store.clip(1).frame_mask.tolist() == [[True] * 5 + [False] * 2, [True] * 7]
    np.testing.assert_allclose(store.clip(1).joints[1], two, rtol=1e-6)


@pytest.mark.parametrize("lengths", [(5,), (1,), (6, 6), (7, 3), (3, 7), (11, 2), (FRAMES,), (FRAMES, 4)], ids=str)
def test_a_replay_is_cut_where_it_begins(save, lengths):
    bodies = [body(frames, seed) for seed, frames in enumerate(lengths)]
    clip = replayed(*bodies)
    joints = next(read_stgcn(save([clip])).clips()).joints
    assert joints.shape == (2, max(lengths), 25, 3)
    for m, frames in enumerate(lengths):
        there = (joints[m] != 0).any(axis=(1, 2))
        assert there.tolist() == [True] * frames + [False] * (max(lengths) - frames)
        np.testing.assert_array_equal(joints[m, :frames], clip[:, :frames, :, m].transpose(1, 2, 0))


def test_somebody_who_stands_still_is_no_replay(save):
    still = np.tile(body(1), (FRAMES, 1, 1)) + np.random.default_rng(0).normal(scale=5e-4, size=(FRAMES, 25, 3))
    clip = padded(still)
    for clips in ([clip], [replayed(still)], np.stack([clip]).astype(np.float64)):
        assert next(read_stgcn(save(clips)).clips()).joints.shape[1] == FRAMES


def test_num_frame(save):
    moving = padded(body(FRAMES), body(4, 1))
    folder = save([moving, moving, padded(body(6))], frames=np.array([7, 300, 8]))
    assert [clip.joints.shape[1] for clip in read_stgcn(folder).clips()] == [7, FRAMES, 6]


def test_z_up_is_turned(save):
    clip = padded(body(5, up=2))
    folder = save([clip])
    raw = read_stgcn(folder)
    assert raw.notes[-1].startswith("z is up in the files") and "turned about x so that y is up" in raw.preprocessing
    expected = clip.transpose(3, 1, 2, 0)[:, :5]
    turned = next(raw.clips()).joints
    np.testing.assert_array_equal(turned[0, :, :, 1], expected[0, :, :, 2])
    np.testing.assert_array_equal(turned[0, :, :, 2], -expected[0, :, :, 1])
    kept = read_stgcn(folder, up="y")
    np.testing.assert_array_equal(next(kept.clips()).joints, expected)
    assert "turned" not in kept.preprocessing
    upright = read_stgcn(save([padded(body(5))], folder="other"), up="z")
    assert "turned" in upright.preprocessing and upright.notes == ["parts that belong to no split: train"]


def test_split_names_and_parts(save):
    clips = [padded(body(3))]
    for kind in ("train", "val", "test"):
        folder = save(clips, kind, folder="mine")
    assert [split.name for split in read_stgcn(folder).splits] == ["given", "given_val"]
    assert [split.name for split in read_stgcn(folder, "xset").splits] == ["xset", "xset_val"]
    save(clips, "val", folder="mine", end="")
    assert read_stgcn(folder).notes == ["'val_data_joint.npy' is read, and 'val_data.npy' is not"]


def test_empty_clips_half_precision_and_python_2(save, tmp_path):
    folder = save(np.stack([padded(), padded(body(4)), padded(body(5))]).astype(np.float16))
    (folder / "train_label.pkl").write_bytes(b"((lp0\nS'a'\naS'b'\naS'c'\na(lp1\nI0\naI1\naI0\nat.")
    raw = read_stgcn(folder)
    assert (raw.name, raw.y.tolist(), raw.class_names) == (["a", "b", "c"], [0, 1, 0], ["0", "1"])
    written = write_store(raw, tmp_path / "store", split={"by": "random", "fraction": 0.5})
    assert written.excluded == {"all zero": ["a"]}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"clips": np.zeros((2, 3, 12, 25))}, r"must be \[clips, 3, frames, 25, bodies\] .*found \[2, 3, 12, 25\]"),
        ({"clips": np.zeros((0, 3, 12, 25, 2))}, "not a complete .npy array|holds no clip"),
        ({"clips": np.zeros((2, 2, 12, 25, 2))}, r"found \[2, 2, 12, 25, 2\]"),
        ({"clips": np.zeros((2, 3, 12, 18, 2))}, r"found \[2, 3, 12, 18, 2\]"),
        ({"clips": np.zeros((2, 3, 0, 25, 2))}, r"found \[2, 3, 0, 25, 2\]"),
        ({"clips": np.zeros((2, 3, 1, 25, 11))}, r"found \[2, 3, 1, 25, 11\]"),
        ({"clips": np.zeros((1, 3, 10_001, 25, 1), bool)}, r"found \[1, 3, 10001, 25, 1\]"),
        ({"clips": np.zeros((2, 3, 12, 25, 2), bool)}, "must hold integers or floats, found bool"),
        ({"clips": np.full((2, 3, 12, 25, 2), None)}, "is not a complete .npy array of numbers"),
        ({"label_file": {"a": 1}}, "train_label.pkl' must hold two lists, names and labels, found a dict of 1"),
        ({"label_file": (["a"], [0])}, "must hold 2 names, as many as there are clips, found a list of 1"),
        ({"labels": [0]}, "must hold 2 labels, as many as there are clips, found a list of 1"),
        ({"names": ["a", 3]}, "entry 1 of the names must be text, found 3"),
        ({"labels": [0, 1.5]}, "entry 1 of the labels must be a whole number, found 1.5"),
        ({"labels": [0, -1]}, "clip 'train1' has label -1, expected 0 to 9999"),
        ({"labels": [0, 2**100]}, "clip 'train1' has label a huge whole number, expected 0 to 9999"),
        ({"labels": np.zeros((2, 2**40, 0))}, "an array without numbers has too many rows"),
        ({"names": ["a", "a.skeleton"]}, "clip name 'a' is used twice"),
        (
            {"label_file": os.system},
            r"train_label.pkl' is not a pickle of .*: it wants posix\.system",
        ),
        ({"frames": np.array([1])}, r"num_frame.npy' must hold 2 whole numbers, found int64 \[1\]"),
        ({"frames": np.array([1.0, 2.0])}, r"must hold 2 whole numbers, found float64 \[2\]"),
        ({"frames": np.array([1, -2])}, "clip 1 has -2 frames, expected 0 or more"),
    ],
)
def test_bad_files(save, options, message):
    clips = options.pop("clips", [padded(body(3))] * 2)
    with pytest.raises(DataError, match=message):
        read_stgcn(save(clips, **options))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none(save, tmp_path, bad):
    clip = replayed(body(5))
    clip[1, 2, 3, 0] = bad
    raw = read_stgcn(save([clip, replayed(body(4))]))
    with pytest.raises(DataError, match="clip 'train0': body 0, frame 2, joint 'Head' is .*, expected finite"):
        write_store(raw, tmp_path / "store", split={"by": "random", "fraction": 0.5})


def test_files_that_are_missing_or_damaged(save, tmp_path):
    with pytest.raises(DataError, match="no folder at '.*nowhere'"):
        read_stgcn(tmp_path / "nowhere")
    with pytest.raises(DataError, match="has none of train_data_joint.npy, train_data.npy"):
        read_stgcn(tmp_path)
    folder = save([padded(body(3))] * 2)
    whole = (folder / "train_data_joint.npy").read_bytes()
    for size in (0, 50, 1000, len(whole) - 1):
        (folder / "train_data_joint.npy").write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"train_data_joint.npy' is not a complete \.npy array"):
            read_stgcn(folder)
    (folder / "train_data_joint.npy").write_bytes(whole)
    (folder / "train_label.pkl").unlink()
    with pytest.raises(DataError, match="no file at '.*train_label.pkl': expected a pickle"):
        read_stgcn(folder)


def test_bad_options(save):
    folder = save([padded(body(3))])
    with pytest.raises(ConfigError, match="up must be y or z, found 'x'"):
        read_stgcn(folder, up="x")
    with pytest.raises(ConfigError, match="are 3D, topology 'openpose_18' is 2D"):
        read_stgcn(folder, topology="openpose_18")
    with pytest.raises(StoreError, match=r"found 'a/b'"):
        read_stgcn(folder, "a/b")
