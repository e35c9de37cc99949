import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.msr_action3d import read_msr_action3d
from skgraph.errors import ConfigError, DataError

# Somebody made up, 2.6 m before the camera and facing it: x, y, z and confidence in the 20 lines of a frame.
FRAME = """\
-0.20 0.40 2.60 1.0
0.20 0.40 2.60 1.0
0.01 0.45 2.60 0.0
0.02 0.20 2.70 0.0
-0.10 -0.01 2.65 1.0
0.10 -0.01 2.65 0.97
0.03 0.05 2.70 0.0
-0.30 0.11 2.65 1.0
0.30 0.11 2.65 1.0
-0.31 -0.15 2.62 1.0
0.31 -0.15 2.62 1.0
-0.32 -0.25 2.61 0.46
0.32 -0.25 2.61 0.75
-0.12 -0.50 2.70 1.0
0.12 -0.50 2.70 1.0
-0.13 -0.95 2.75 1.0
0.13 -0.95 2.75 1.0
-0.14 -1.00 2.60 0.0
0.14 -1.00 2.60 0.0
0.04 0.70 2.55 1.0
"""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "MSRAction3DSkeletonReal3D"
    path.mkdir()
    (path / "a01_s01_e01_skeleton3D.txt").write_text(2 * FRAME)
    (path / "a06_s02_e03_skeleton3D.txt").write_text(FRAME)
    (path / "a20_s10_e01_skeleton3D.txt").write_text("\n" + FRAME.replace("\n", "\r\n") + "\n")
    return path


def test_reads(folder):
    raw = read_msr_action3d(folder)
    assert raw.name == ["a01_s01_e01", "a06_s02_e03", "a20_s10_e01"]
    assert [raw.class_names[y] for y in raw.y] == ["high arm wave", "high throw", "pick up & throw"]
    assert (len(raw.class_names), raw.subject.tolist()) == (20, [1, 2, 10])
    assert (raw.topology.name, raw.unit, raw.units, raw.fps) == ("kinect_v1", "m", "m", 15.0)
    assert [(split.name, split.train.tolist()) for split in raw.splits] == [("xsub", [True, False, False])]
    clips = list(raw.clips())
    assert [clip.joints.shape for clip in clips] == [(1, 2, 20, 3), (1, 1, 20, 3), (1, 1, 20, 3)]
    assert clips[0].joints.dtype == np.float32 and clips[0].frame_mask.all()
    one = read_msr_action3d(folder / "a06_s02_e03_skeleton3D.txt")
    assert (one.name, one.y.tolist(), next(one.clips()).joints.shape) == (["a06_s02_e03"], [5], (1, 1, 20, 3))


def test_joints_are_in_the_order_of_the_topology(folder):
    raw = read_msr_action3d(folder)
    clip = next(raw.clips())
    place = dict(zip(raw.topology.joints, clip.joints[0, 0].tolist(), strict=True))
    for joint, line in (("Head", 19), ("ShoulderCenter", 2), ("HipCenter", 6), ("HandRight", 12), ("FootLeft", 17)):
        expected = [float(word) for word in FRAME.splitlines()[line].split()[:3]]
        np.testing.assert_allclose(place[joint], expected, rtol=1e-6)
    # The right side of somebody who faces the camera is at the larger x, and all joints hang together.
    for right in ("ShoulderRight", "ElbowRight", "HandRight", "HipRight", "KneeRight", "FootRight"):
        assert place[right][0] > place[right.replace("Right", "Left")][0]
    parents, children = raw.topology.edges.T.tolist()
    assert np.linalg.norm(clip.joints[0, 0, children] - clip.joints[0, 0, parents], axis=1).max() < 0.6
    confidence = dict(zip(raw.topology.joints, clip.confidence[0, 0].tolist(), strict=True))
    assert (confidence["HandLeft"], confidence["Spine"]) == (np.float32(0.46), 0)
    np.testing.assert_allclose(place["Spine"], [0.02, 0.2, 2.7], rtol=1e-6)  # its own place, not a neighbour's


def test_joints_that_were_not_seen(folder):
    without_head = FRAME.replace("0.04 0.70 2.55 1.0", "0 0 0 0.5")
    nothing = 20 * "0.000000 0.000000 0.000000 0.000000\n"
    (folder / "a01_s01_e01_skeleton3D.txt").write_text(without_head + nothing + FRAME)
    raw = read_msr_action3d(folder)
    clip, head = next(raw.clips()), raw.topology.joint("Head")
    assert clip.frame_mask.tolist() == [[True, False, True]]
    np.testing.assert_allclose(clip.joints[0, :, head], [[0.04, 0.7, 2.55], [0, 0, 0], [0.04, 0.7, 2.55]], rtol=1e-6)
    assert clip.confidence[0, :, head].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "subset, names, labels",
    [
        ("as1", ["a06_s02_e03", "a20_s10_e01"], [3, 7]),
        ("as2", ["a01_s01_e01"], [0]),
        ("as3", ["a06_s02_e03", "a20_s10_e01"], [0, 7]),
    ],
)
def test_subsets(folder, subset, names, labels):
    raw = read_msr_action3d(folder, subset)
    assert (raw.name, raw.y.tolist(), len(raw.class_names)) == (names, labels, 8)
    assert [raw.class_names[y] for y in raw.y] == [
        read_msr_action3d(folder).class_names[int(n[1:3]) - 1] for n in names
    ]
    assert raw.source == f"MSR Action3D, {subset.upper()}"


def test_bad_subsets_and_folders(folder, tmp_path):
    with pytest.raises(ConfigError, match="subset must be one of all, as1, as2, as3, found 'as4'"):
        read_msr_action3d(folder, "as4")
    (folder / "a01_s01_e01_skeleton3D.txt").unlink()
    with pytest.raises(DataError, match="has no clip of subset as2, the actions 1, 4, 7, 8, 9, 11, 12, 14"):
        read_msr_action3d(folder, "as2")
    (tmp_path / "screen").mkdir()
    (tmp_path / "screen" / "a01_s01_e01_skeleton.txt").touch()
    with pytest.raises(DataError, match=r"has the skeletons in pixels and depth .*, expected those in metres"):
        read_msr_action3d(tmp_path / "screen")
    (folder / "a21_s01_e01_skeleton3D.txt").touch()
    with pytest.raises(DataError, match="is of action 21, expected one of 1, 2, 3"):
        read_msr_action3d(folder)


@pytest.mark.parametrize(
    "text, message",
    [
        (FRAME + FRAME[:90], "line 25: x, y, z and confidence: expected 4 numbers, found"),
        (FRAME + "1 2 3 1\n", "has 21 lines, expected 20 for every frame"),
        (FRAME.replace("0.70", "high"), "line 20: x, y, z and confidence: expected a number, found b'high'"),
        (FRAME.replace("0.70", "0_0.70"), "line 20: x, y, z and confidence: expected a number, found b'0_0.70'"),
        (FRAME.replace("0.70 ", ""), "line 20: x, y, z and confidence: expected 4 numbers, found 3"),
        (FRAME.replace("0.70", "nan"), "body 0, frame 0, joint 'Head' is .*nan.*, expected finite"),
        (FRAME.replace("0.70", "1e300"), "joint 'Head' is .*inf.*, expected finite"),
        (FRAME.replace("0.97", "1.97"), "joint 'HipRight' has the confidence 1.97.*, expected 0 to 1"),
        (FRAME.replace("0.97", "nan"), "joint 'HipRight' has the confidence nan, expected 0 to 1"),
        ("\xff", "is not a text file in UTF-8"),
        ("\0" * 80, "line 1: x, y, z and confidence: expected 4 numbers"),
    ],
)
def test_bad_clips(folder, tmp_path, text, message):
    (folder / "a01_s01_e01_skeleton3D.txt").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=message):
        write_store(read_msr_action3d(folder), tmp_path / "store")


def test_a_file_that_is_too_long(folder, monkeypatch):
    monkeypatch.setattr("skgraph.datasets.readers.msr_action3d._MOST_LINES", 39)
    with pytest.raises(DataError, match="has more than 39 lines, expected one clip"):
        next(read_msr_action3d(folder).clips())


def test_a_store(folder, tmp_path):
    (folder / "a13_s09_e02_skeleton3D.txt").write_text(20 * "0 0 0 0\n")
    written = write_store(read_msr_action3d(folder), tmp_path / "store")
    assert written.excluded == {"all zero": ["a13_s09_e02"]}
    store = SkeletonStore.open(written.path)
    assert (store.name.tolist(), store.splits()) == (["a01_s01_e01", "a06_s02_e03", "a20_s10_e01"], ["xsub"])
    assert store.split("xsub", "train").tolist() == [0]
    np.testing.assert_allclose(store.clip(0).joints[0, 0, store.topology.joint("Head")], [0.04, 0.7, 2.55], rtol=1e-6)
