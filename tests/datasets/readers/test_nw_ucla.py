import json

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.nw_ucla import read_nw_ucla
from skgraph.errors import DataError


def frame(height=1.7):
    """20 joints, one above the other in front of the camera."""
    return [[0.1, height * v / 19 - 0.8, 2.5] for v in range(20)]


def save(folder, name, label, skeletons, **others):
    text = json.dumps({"file_name": name, "skeletons": skeletons, "label": label, **others})
    (folder / f"{name}.json").write_text(text)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "all_sqe"
    path.mkdir()
    save(path, "a01_s01_e00_v01", 1, [frame()] * 3)
    save(path, "a08_s02_e01_v02", 7, [frame()] * 2)
    save(path, "a12_s10_e04_v03", 10, [frame()])
    return path


def test_reads(folder):
    raw = read_nw_ucla(folder)
    assert raw.name == ["a01_s01_e00_v01", "a08_s02_e01_v02", "a12_s10_e04_v03"]
    assert [raw.class_names[y] for y in raw.y] == ["pick up with one hand", "donning", "carry"]
    assert (raw.y.tolist(), raw.subject.tolist(), raw.camera.tolist()) == ([0, 6, 9], [1, 2, 10], [1, 2, 3])
    assert (raw.topology.name, raw.unit, raw.units, raw.fps) == ("kinect_v1", "m", "m", 30.0)
    assert [(split.name, split.train.tolist()) for split in raw.splits] == [("xview", [True, True, False])]
    clips = list(raw.clips())
    assert [clip.joints.shape for clip in clips] == [(1, 3, 20, 3), (1, 2, 20, 3), (1, 1, 20, 3)]
    np.testing.assert_array_equal(clips[0].joints[0, 1], np.array(frame(), np.float32))
    assert clips[0].frame_mask.all() and clips[0].confidence is None
    one = read_nw_ucla(folder / "a08_s02_e01_v02.json")
    assert (one.name, one.y.tolist(), next(one.clips()).joints.shape) == (["a08_s02_e01_v02"], [6], (1, 2, 20, 3))


def test_joints_that_were_not_seen(folder):
    one, two = frame(), frame()
    one[3] = two[3] = [0, 0, 0]
    two[7] = [0, 0.0, -0.0]
    save(folder, "a01_s01_e00_v01", 1, [one, two, [[0, 0, 0]] * 20])
    clip = next(read_nw_ucla(folder).clips())
    assert clip.frame_mask.tolist() == [[True, True, False]]
    joints = clip.joints[0]
    assert joints[0, 3].tolist() == joints[0, 2].tolist()  # the head, never seen, is where the shoulders are
    assert joints[1, 7].tolist() == joints[0, 7].tolist()
    assert not joints[2].any()


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is not a complete JSON file: Expecting value"),
        ('{"skeletons": [[[0.1, 0.2', "is not a complete JSON file"),
        ("[" * 100_000, "is nested too deep"),
        (b"\xff\xfe{", "is not text in UTF-8"),
        ("[]", "v01.json' must be an object, found a list of 0"),
        ('{"skeletons": []}', "lacks the key 'label'; it has 'skeletons'"),
        ('{"skeletons": [], "label": 2}', "has the label 2, expected 1 as in its name"),
        ('{"skeletons": [], "label": true}', "has the label True, expected 1 as in its name"),
        ('{"skeletons": [], "label": "wave"}', "has the label the text 'wave', expected 1 as in its name"),
        ('{"skeletons": null, "label": 1}', "skeletons must be a list, found null"),
        ([frame(), frame()[:19]], "frame 1 must be the 20 joints of topology 'kinect_v1', found 19"),
        ([frame(), None], "frame 1 must be a list, found null"),
        ([[*frame()[:19], [1, 2]]], "frame 0, joint 19 must have 3 numbers, found 2"),
        ([[*frame()[:19], [1, 2, None]]], r"joint 'FootRight' is \[1.0, 2.0, nan\], expected finite"),
        ([[*frame()[:19], [1, "2", 3]]], "frame 0: number 58 is the text '2'"),
        ([[*frame()[:19], [1, [2], 3]]], "frame 0: number 58 is a list of 1"),
        ([[*frame()[:19], [1, 2, 10**400]]], "frame 0 holds a whole number that no float can hold"),
        ([[*frame()[:19], [1, 2, float("nan")]]], "NaN is not JSON"),
        ([[*frame()[:19], [1, 2, float("inf")]]], "Infinity is not JSON"),
        ([[*frame()[:19], [1, 2, 1e300]]], "joint 'FootRight' is .*inf.*, expected finite"),
    ],
)
def test_bad_clips(folder, tmp_path, text, message):
    path = folder / "a01_s01_e00_v01.json"
    if isinstance(text, list):
        save(folder, path.stem, 1, text)
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message):
        write_store(read_nw_ucla(folder), tmp_path / "store")


@pytest.mark.parametrize(
    "name, message",
    [
        ("a07_s01_e00_v01", "a07_s01_e00_v01.json' is of action 7, expected one of 1, 2, 3, 4, 5, 6, 8, 9, 11, 12"),
        ("a01_s11_e00_v01", "is of subject 11, expected one of 1, 2, "),
        ("a01_s01_e00_v04", "is of view 4, expected one of 1, 2, 3"),
        ("a01_s01_e00", r"1 files of '.*' are not named like a01_s01_e00_v01.json: a01_s01_e00.json"),
    ],
)
def test_bad_names(folder, name, message):
    save(folder, name, 1, [frame()])
    with pytest.raises(DataError, match=message):
        read_nw_ucla(folder)


def test_a_file_that_is_too_large(folder, monkeypatch):
    monkeypatch.setattr("skgraph.datasets.readers.nw_ucla._LARGEST", 100)
    with pytest.raises(DataError, match="expected one clip"):
        next(read_nw_ucla(folder).clips())


def test_a_store(folder, tmp_path):
    save(folder, "a02_s01_e00_v03", 2, [])
    written = write_store(read_nw_ucla(folder), tmp_path / "store")
    assert written.excluded == {"no frames": ["a02_s01_e00_v03"]}
    store = SkeletonStore.open(written.path)
    assert store.splits() == ["xview"] and len(store.class_names) == 10
    assert store.camera.tolist() == [1, 2, 3]
    assert store.split("xview", "test").tolist() == [2]
    np.testing.assert_array_equal(store.clip(2).joints[0, 0], np.array(frame(), np.float32))
