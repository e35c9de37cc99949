import os
import pickle

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.pyskl import read_pyskl
from skgraph.errors import ConfigError, DataError


def flat(name, label, frames=4, bodies=1, **changes):
    """COCO's 17 joints at x = 100 + joint, y = 10 * frame + 1 (down, in pixels), all seen with certainty 0.5."""
    keypoint = np.zeros((bodies, frames, 17, 2), np.float16)
    keypoint[..., 0] = 100 + np.arange(17)
    keypoint[..., 1] = 10 * np.arange(frames)[:, None] + 1
    content = {
        "frame_dir": name,
        "label": label,
        "img_shape": (480, 640),
        "original_shape": (480, 640),
        "total_frames": frames,
        "keypoint": keypoint,
        "keypoint_score": np.full((bodies, frames, 17), 0.5, np.float16),
    }
    content.update(changes)
    return {key: value for key, value in content.items() if value is not None}


def solid(name, label, frames=3):
    keypoint = np.zeros((2, frames, 25, 3), np.float32)
    keypoint[0, ..., 1] = np.linspace(-1, 0.7, 25)
    keypoint[0, ..., 2] = 3
    return {"frame_dir": name, "label": label, "total_frames": frames, "keypoint": keypoint}


@pytest.fixture
def read(tmp_path):
    def write(content, **options):
        path = tmp_path / "anno.pkl"
        path.write_bytes(pickle.dumps(content))
        return read_pyskl(path, **options)

    return write


def test_2d(read, tmp_path):
    first = flat("v_a", 1, frames=4)
    first["keypoint_score"][0, 1, 3] = 0  # not seen in frame 1, where it would be at y = 11
    first["keypoint"][0, 1, 3] = 0
    first["keypoint_score"][0, 2] = 0  # nobody in frame 2
    first["keypoint_score"][0, 3, 0] = 1.25  # a heat map's peak
    raw = read({"annotations": [first, flat("v_b", 0, bodies=2)], "split": {"train1": ["v_a"], "test1": ["v_b"]}})
    assert (raw.topology.name, raw.unit, raw.units, raw.class_names) == ("coco_17", "px", "px", ["0", "1"])
    assert raw.preprocessing.endswith("y negated, so that it is up")
    store = SkeletonStore.open(write_store(raw, tmp_path / "store").path)
    clip = store.clip(0)
    assert clip.frame_mask.tolist() == [[True, True, False, True]]
    assert clip.joints[0, 0, :2].tolist() == [[100, -1], [101, -1]]
    # Half way between y = -1 in frame 0 and y = -31 in frame 3 it would be -11 after one frame of three.
    np.testing.assert_allclose(clip.joints[0, 1, 3], [103, -11], rtol=1e-6)
    confidence = next(raw.clips()).confidence
    assert confidence[0, [0, 1, 3], [3, 3, 0]].tolist() == [0.5, 0, 1]
    assert store.clip(1).joints.shape == (2, 4, 17, 2)
    assert (store.splits(), store.split("split1", "train").tolist()) == (["split1"], [0])


def test_3d_ntu(read, tmp_path):
    names = ["S001C002P003R001A001", "S001C001P008R001A002", "S017C003P010R002A001"]
    parts = {"xsub_train": names[:1], "xsub_val": names[1:2], "xview_train": names[:2], "xview_val": names[2:]}
    raw = read({"split": parts, "annotations": [solid(name, i % 2) for i, name in enumerate(names)]})
    assert (raw.topology.name, raw.unit, raw.class_names) == ("ntu_rgbd", "m", ["drink water", "eat meal"])
    assert (raw.subject.tolist(), raw.camera.tolist(), raw.setup.tolist()) == ([3, 8, 10], [2, 1, 3], [1, 1, 17])
    assert next(raw.clips()).confidence is None
    store = SkeletonStore.open(write_store(raw, tmp_path / "store").path)
    assert store.splits() == ["xsub", "xview"]
    assert store.split("xsub", "test").tolist() == [1]  # the third is in neither part
    assert store.split("xview", "test").tolist() == [2]
    assert store.clip(0).joints.shape == (1, 3, 25, 3)  # the second body is zero throughout
    np.testing.assert_allclose(store.clip(0).joints[0, 0, 24], [0, 0.7, 3], rtol=1e-6)


def test_a_bare_list_and_other_options(read):
    raw = read([flat("a", 0, frame_dir=None, filename="x", total_frames=None), flat("b", 3)], unit="normalised", fps=25)
    assert (raw.name, raw.y.tolist(), raw.splits, raw.fps) == (["x", "b"], [0, 3], [], 25)
    assert raw.units == "normalised" and raw.class_names == ["0", "1", "2", "3"]


def test_without_scores_zeros_are_not_seen(read):
    annotation = flat("a", 0, keypoint_score=None)
    annotation["keypoint"][0, 0] = 0
    annotation["keypoint"][0, 2, 5] = 0
    clip = next(read([annotation]).clips())
    assert clip.confidence is None and clip.frame_mask.tolist() == [[False, True, True, True]]
    assert clip.joints[0, 2, 5].tolist() == [105, -21]


def test_nobody_in_it(read, tmp_path):
    nobody = flat("b", 0, keypoint=np.zeros((0, 4, 17, 2)), keypoint_score=np.zeros((0, 4, 17)))
    zero = flat("c", 0, keypoint_score=np.zeros((1, 4, 17)))
    raw = read([flat("a", 0), nobody, zero, flat("d", 0)])
    written = write_store(raw, tmp_path / "store")
    assert written.excluded == {"nobody in it": ["b"], "all zero": ["c"]}


def test_parts_that_name_other_clips_are_said(read):
    parts = {"train": ["a", "x", "y", "z", "w"], "val": np.array(["b"]), "all": ["a", "b"]}
    raw = read({"annotations": [flat("a", 0), flat("b", 0)], "split": parts})
    assert raw.notes == [
        "part 'train' names 4 clips that the file has not: x, y, z and 1 more",
        "parts that belong to no split: all",
    ]
    assert [split.name for split in raw.splits] == ["given"]


def bad(name="a", place=(0, 1, 2), key="keypoint", value=np.nan):
    annotation = flat(name, 0)
    annotation[key][place] = value
    return [annotation, flat("b", 0)]


@pytest.mark.parametrize(
    "content, message",
    [
        ({"split": {}}, "has no 'annotations', expected a dict of those and 'split'; found 'split'"),
        ({}, "found an empty dict"),
        ({"annotations": []}, "annotations must be a list of clips, found a list of 0"),
        ("text", "annotations must be a list of clips, found 'text'"),
        ({"annotations": [flat("a", 0)], "split": ["a"]}, "'split' must be a dict of lists .*, found a list of 1"),
        ({"annotations": [flat("a", 0)], "split": {"train": "a"}}, "'train' of 'split' must be a list .*, found 'a'"),
        ({"annotations": [flat("a", 0)], "split": {"train": np.array(1)}}, "must be a list .*, found 1"),
        (
            {"annotations": [flat("a", 0)], "split": {"train": [1]}},
            "subset 'train' of 'split' must be a list .* found 1 in it",
        ),
        ({"annotations": [flat("a", 0)], "split": {3: ["a"]}}, "subset 3 of 'split' must be a list"),
        ({"annotations": [flat("a", 0)], "split": {"train": ["a"], "val": ["a"]}}, "1 clips are in both 'train' and"),
        ([flat("a", 0), 3], "annotation 1 must be a dict, found 3"),
        ([flat(None, 0)], "annotation 0 needs its name as text in 'frame_dir', found None"),
        ([flat(b"a", 0)], "annotation 0 needs its name as text in 'frame_dir', found b'a'"),
        ([flat("a", 0), flat("a", 0)], "clip name 'a' is used twice, by clips 0 and 1"),
        ([flat("a", None)], "clip 'a' needs a whole number as its 'label', found None"),
        ([flat("a", 1.0)], "clip 'a' needs a whole number as its 'label', found 1.0"),
        ([flat("a", 2**70)], "clip 'a' has label a huge whole number, expected 0 to 9999"),
        ([flat("a", -1)], "clip 'a' has label -1, expected 0 to 9999"),
        ([flat("a", 0, keypoint=None)], "clip 'a': 'keypoint' must be an array of numbers .*, found None"),
        (
            [flat("a", 0, keypoint=None, raw_file="x")],
            "anno.pkl' has its keypoints in files of their own: say keypoints=",
        ),
        ([flat("a", 0, keypoint=[[1, 2]])], "found a list of 1"),
        ([flat("a", 0, keypoint=np.zeros((4, 17, 2)))], r"found an array of float64 \[4, 17, 2\]"),
        ([flat("a", 0, keypoint=np.zeros((1, 4, 17, 2), "U2"))], r"found an array of <U2"),
        ([flat("a", 0, keypoint=np.zeros((1, 4, 9, 2)))], "has 9 joints in 2D: give topology=NAME"),
        ([flat("a", 0, keypoint=np.zeros((1, 4, 17, 3)))], "has 17 joints in 3D: give topology=NAME"),
        ([flat("a", 0), solid("b", 0)], "clip 'b' has 25 joints in 3D, topology 'coco_17' has 17 in 2D"),
        ([flat("a", 0, bodies=20)], "clip 'a' has 20 bodies in 4 frames: expected"),
        ([flat("a", 0, total_frames=5)], "clip 'a' has 4 frames of joints, its 'total_frames' is 5"),
        ([flat("a", 0, total_frames="4")], "its 'total_frames' is '4'"),
        ([flat("a", 0), flat("b", 0, keypoint_score=None)], "clip 'b' has no 'keypoint_score', unlike the first clip"),
        ([flat("a", 0, keypoint_score=None), flat("b", 0)], "clip 'b' has a 'keypoint_score', unlike"),
        (
            [flat("a", 0, keypoint_score=np.zeros((1, 4, 16)))],
            r"'keypoint_score' must be \[1, 4, 17\], found \[1, 4, 16\]",
        ),
        (bad(), "clip 'a': body 0, frame 1, joint 'right_eye' is .nan, nan., expected finite"),
        (bad(value=np.inf), "joint 'right_eye' is .inf, -inf., expected finite"),
        (bad(key="keypoint_score"), "clip 'a': 'keypoint_score' must be 0 to 1, found nan to nan"),
        (bad(key="keypoint_score", value=87), "clip 'a': 'keypoint_score' must be 0 to 1, found 0.5 to 87"),
        ([flat("a", 0, keypoint=np.array([os.system]))], "it wants an array of 'O8'"),
        (
            {"annotations": os.system},
            r"is not a pickle of arrays and plain containers: byte [0-9]+: it wants posix\.system",
        ),
    ],
)
def test_bad_files(read, tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        write_store(read(content), tmp_path / "store", split={"by": "random", "fraction": 0.5})


def apart(name, label, raw_file, frames):
    """An annotation of Kinetics-400, whose keypoints are in a file of their own."""
    frames = np.array(frames, np.int16)
    scores = np.full(len(frames), 0.9, np.float16)
    return {
        "frame_dir": name,
        "label": label,
        "total_frames": 9,
        "raw_file": raw_file,
        "frame_inds": frames,
        "box_score": scores,
        "valid": {0.5: len(set(frames))},
    }


def test_keypoints_in_files_of_their_own(read, tmp_path):
    people = np.zeros((4, 17, 3), np.float16)
    people[..., 0], people[..., 1], people[..., 2] = [[0], [400], [402], [2]], 10 + np.arange(17), 0.75
    people[0, 3, 2] = 0  # not seen
    folder = tmp_path / "kpfiles"
    folder.mkdir()
    (folder / "one.pkl").write_bytes(pickle.dumps({"v_a": {"keypoint": people}, "v_c": {"keypoint": people[:0]}}))
    (folder / "two.pkl").write_bytes(pickle.dumps({"v_b": {"keypoint": people[:1]}}))
    annotations = [
        apart("v_a", 0, "data/one.pkl", [2, 2, 3, 3]),
        apart("v_b", 1, "data/two.pkl", [5]),
        apart("v_c", 0, "data/one.pkl", []),
    ]
    content = {"annotations": annotations, "split": {"train": ["v_a"], "val": ["v_b"]}}
    raw = read(content, keypoints=folder)
    assert (raw.name, raw.topology.name, raw.units) == (["v_a", "v_c", "v_b"], "coco_17", "px")  # by file
    assert (raw.y.tolist(), raw.splits[0].train.tolist()) == ([0, 0, 1], [True, False, False])
    first, nobody, last = raw.clips()
    assert first.joints[:, :, 0].tolist() == [[[400, -10], [402, -10]], [[0, -10], [2, -10]]]
    assert first.confidence[1, 0, 2:5].tolist() == [0.75, 0, 0.75]
    assert (nobody.excluded, last.joints.shape) == ("nobody in it", (1, 1, 17, 2))
    assert next(read(content, keypoints=folder, max_bodies=1).clips()).joints.shape == (1, 2, 17, 2)
    with pytest.raises(DataError, match="anno.pkl, clip v_a' has 17 joints in 2D, topology 'openpose_18' has 18 in 2D"):
        list(read(content, keypoints=folder, topology="openpose_18").clips())
    with pytest.raises(ConfigError, match="keypoints in files of their own are 2D, topology 'ntu_rgbd' is 3D"):
        read(content, keypoints=folder, topology="ntu_rgbd")
    with pytest.raises(ConfigError, match="is for keypoints in files of their own, and '.*anno.pkl' has them itself"):
        read([flat("a", 0)], keypoints=folder)
    with pytest.raises(ConfigError, match="max_bodies must be a whole number"):
        read(content, keypoints=folder, max_bodies=0)


def test_a_wrong_topology(read):
    with pytest.raises(DataError, match="clip 'a' has 17 joints in 2D, topology 'openpose_18' has 18 in 2D"):
        read([flat("a", 0)], topology="openpose_18")


def test_truncated(read, tmp_path):
    read([flat("a", 0)])
    path = tmp_path / "anno.pkl"
    whole = path.read_bytes()
    for size in range(0, len(whole), 50):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"anno\.pkl'"):
            read_pyskl(path)
    with pytest.raises(DataError, match="no file at"):
        read_pyskl(tmp_path)
