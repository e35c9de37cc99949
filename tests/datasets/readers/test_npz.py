import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.formats.npz_file import NpzMember
from skgraph.datasets.preparation.overview import format_overview
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.npz import read_npz
from skgraph.errors import ConfigError, DataError, TopologyError
from skgraph.topology import Topology

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"

TOPOLOGY = Topology.from_dict(
    {
        "name": "stick",
        "dim": 3,
        "joints": {"HipCenter": None, "LeftHand": "HipCenter", "RightHand": "HipCenter"},
        "mirror": {"LeftHand": "RightHand"},
        "parts": {"all": ["HipCenter", "LeftHand", "RightHand"]},
        "center": "HipCenter",
    }
)


def arrays(**changes):
    """Three clips of 2, 3 and 1 frames; the joints of frame f are at x = 0, 500, 1500, y = 1000, z = 10 f + 1 mm."""
    x = np.zeros((6, 2, 3, 3), np.int16)
    x[:, 0, :, 0] = [0, 500, 1500]
    x[:, 0, :, 1] = 1000
    x[:, 0, :, 2] = 10 * np.arange(6)[:, None] + 1
    x[2:4, 1] = x[2:4, 0] + 7  # the second body is there in the first two frames of clip 1
    content = {
        "x": x,
        "offsets": np.array([0, 2, 5, 6]),
        "y": np.array([0, 1, 1]),
        "name": np.array(["a", "b", "c"]),
        "subject": np.array([3, 5, 7]),
        "class_names": np.array(["wave", "jump"]),
        "fps": np.float32(30),
        "joint_names": np.array(["hip_center", "left_hand", "RIGHTHAND"]),
        "unit": np.array("mm"),
    }
    content.update(changes)
    return {key: value for key, value in content.items() if value is not None}


@pytest.fixture
def npz(tmp_path):
    def save(**changes):
        path = tmp_path / "raw.npz"
        np.savez(path, **arrays(**changes))
        return path

    return save


def test_store_holds_what_the_file_holds(npz, tmp_path):
    raw = read_npz(npz(source=np.array("a lab"), license=np.array("CC BY 4.0")), TOPOLOGY)
    assert (len(raw), raw.units, raw.unit, raw.fps, raw.notes) == (3, "m", "mm", 30.0, [])
    written = write_store(raw, tmp_path / "store")
    assert (written.excluded, written.unit) == ({}, "mm")
    store = SkeletonStore.open(written.path)
    assert store.class_names == ["wave", "jump"]
    assert store.y.tolist() == [0, 1, 1]
    assert store.name.tolist() == ["a", "b", "c"]
    assert store.subject.tolist() == [3, 5, 7]
    assert store.camera.tolist() == [-1, -1, -1]
    assert store.length.tolist() == [2, 3, 1]
    assert store.meta["source"] == "a lab; licence: CC BY 4.0"
    assert store.meta["preprocessing"] == "mm to m"
    clip = store.clip(1)
    assert clip.frame_mask.tolist() == [[True, True, True], [True, True, False]]
    np.testing.assert_allclose(clip.joints[0, 2], [[0, 1, 0.041], [0.5, 1, 0.041], [1.5, 1, 0.041]])
    np.testing.assert_allclose(clip.joints[1, 0, 0], [0.007, 1.007, 0.028])
    assert store.split("xsub", "train").tolist() == [0, 2]  # subjects 3 and 7


@pytest.mark.parametrize(
    "unit, scale, dtype", [("m", 1e-3, np.float64), ("cm", 0.1, np.float32), ("mm", 1, np.int32), ("mm", 1, np.float32)]
)
def test_every_unit_becomes_metres(npz, unit, scale, dtype):
    path = npz(x=(arrays()["x"] * scale).astype(dtype), unit=np.array(unit))
    first = next(read_npz(path, TOPOLOGY).clips()).joints
    assert first.dtype == np.float32
    np.testing.assert_allclose(first[0, 0, 2], [1.5, 1, 0.001], rtol=1e-6)


def test_compressed_and_fortran_order_read_the_same(npz, tmp_path):
    expected = [clip.joints for clip in read_npz(npz(), TOPOLOGY).clips()]
    np.savez_compressed(tmp_path / "small.npz", **arrays(x=np.asfortranarray(arrays()["x"])))
    np.savez_compressed(tmp_path / "plain.npz", **arrays())
    for name in ("small", "plain"):
        found = [clip.joints for clip in read_npz(tmp_path / f"{name}.npz", TOPOLOGY).clips()]
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_unit_option_overrides_and_supplies(npz):
    assert read_npz(npz(), TOPOLOGY, unit="cm").unit == "cm"
    assert read_npz(npz(unit=None), TOPOLOGY, unit="mm").unit == "mm"
    with pytest.raises(DataError, match="has no unit: give unit=m, unit=cm or unit=mm"):
        read_npz(npz(unit=None), TOPOLOGY)
    with pytest.raises(ConfigError, match="must be m, cm, mm, inch, cmu, normalised; found 'px'"):
        read_npz(npz(), TOPOLOGY, unit="px")


def test_fps_option_supplies(npz):
    assert read_npz(npz(fps=None), TOPOLOGY, fps=25).fps == 25
    with pytest.raises(DataError, match="has no frame rate: give it"):
        read_npz(npz(fps=None), TOPOLOGY)
    with pytest.raises(DataError, match="positive number of frames a second, found -1"):
        read_npz(npz(), TOPOLOGY, fps=-1)


def test_joints_are_reordered_by_name(npz):
    raw = read_npz(npz(joint_names=np.array(["Right_Hand", "HipCenter", "lefthand"])), TOPOLOGY)
    assert raw.notes == ["3 joints were moved, by name, to the order of topology 'stick'"]
    np.testing.assert_allclose(next(raw.clips()).joints[0, 0, :, 0], [0.5, 1.5, 0])


def test_foreign_joint_names(npz):
    path = npz(joint_names=np.array(["HipCenter", "LeftHand", "Tail"]))
    with pytest.raises(DataError, match=r"has not \(Tail\), and lacks \(RightHand\); ignore_joint_names=true"):
        read_npz(path, TOPOLOGY)
    raw = read_npz(path, TOPOLOGY, ignore_joint_names=True)
    np.testing.assert_allclose(next(raw.clips()).joints[0, 0, :, 0], [0, 0.5, 1.5])


def test_nameless_joints_are_said(npz):
    assert read_npz(npz(joint_names=None), TOPOLOGY).notes == [
        "the file names no joints: taken in the order of topology 'stick'"
    ]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"offsets": None}, "lacks the arrays offsets; it has x, y"),
        ({"x": np.zeros((6, 3, 3))}, r"must be \[frames, bodies, joints, coordinates\], found \[6, 3, 3\]"),
        ({"x": np.zeros((6, 2, 4, 3))}, "has 4 joints in 3D, topology 'stick' has 3 in 3D"),
        ({"x": np.zeros((6, 2, 3, 2))}, "has 3 joints in 2D, topology 'stick' has 3 in 3D"),
        ({"x": np.zeros((6, 2, 3, 3), complex)}, "'x' must hold integers or floats, found complex128"),
        ({"x": np.full((6, 2, 3, 3), None)}, "array 'x' is a pickled object"),
        ({"name": np.array(["a", None, "c"])}, r"array 'name' is a pickled object.*text by np.array\(..., dtype=str\)"),
        ({"extra": np.array({"a": 1})}, "array 'extra' is a pickled object"),
        ({"name": np.array(["a", "b", "a"])}, "clip name 'a' is used twice, by clips 0 and 2"),
        ({"y": np.array([0, 2, 1])}, r"clip 'b' has label 2, expected 0 to 1 for 2 class names \(1 such clips\)"),
        ({"y": np.array([0, -1, 1])}, "clip 'b' has label -1"),
        ({"y": np.array([0.0, 1.0, 1.0])}, "'y' must hold integers, found float64"),
        ({"y": np.array([0, 1])}, r"'y' must be one value per clip, \[3\], found \[2\]"),
        ({"y": np.array([[0, 1, 1]])}, r"'y' must have one dimension, found shape \[1, 3\]"),
        ({"subject": np.array([1, 2])}, r"'subject' must be one value per clip, \[3\], found \[2\]"),
        ({"subject": np.array([1.0, 2, 3])}, "'subject' must be integers or text, found float64"),
        ({"offsets": np.array([0, 2, 6])}, "must hold 4 integers, one more than the clips; found 3"),
        ({"offsets": np.array([1, 2, 5, 6])}, "must run from 0 to 6, the length of 'x'; found 1 to 6"),
        ({"offsets": np.array([0, 2, 5, 7])}, "must run from 0 to 6, the length of 'x'; found 0 to 7"),
        ({"offsets": np.array([0, 4, 2, 6])}, "must not decrease, found 2 after 4 at clip 'b'"),
        ({"fps": np.array([30, 60])}, r"raw.npz': array 'fps' must hold one value, found shape \[2\]"),
        ({"unit": np.array(["m", "mm"])}, r"raw.npz': array 'unit' must hold one value, found shape \[2\]"),
        ({"fps": np.array(True)}, "raw.npz': the frame rate must be a number above 0, found 'True'"),
        ({"class_names": np.array(["a", "a"])}, "array 'class_names' has 'a' twice, for the labels 0 and 1"),
        ({"class_names": np.array(["a", " "])}, "'class_names' must name every class, found ' ' for label 1"),
        ({"unit": np.array("foot")}, "must be m, cm, mm, inch, cmu, normalised; found 'foot'"),
        ({"joint_names": np.array(["HipCenter", "LeftHand"])}, r"has not \(none\), and lacks \(RightHand\)"),
        ({"joint_names": np.array(["HipCenter", "LeftHand", "RightHand", "left hand"])}, "names 4 joints, expected 3"),
        (
            {"name": np.array([], str), "y": np.array([], int), "offsets": np.array([0]), "x": np.zeros((0, 1, 3, 3))},
            "holds no clip",
        ),
    ],
)
def test_bad_files(npz, changes, message):
    with pytest.raises(DataError, match=message):
        read_npz(npz(**changes), TOPOLOGY)


@pytest.mark.parametrize("key", ["y", "subject", "segment_start"])
def test_integers_that_a_store_cannot_hold(npz, key):
    path = npz(**{key: np.array([0, 1, 2**64 - 1], np.uint64)})
    with pytest.raises(
        DataError, match=f"array '{key}' holds 18446744073709551615, expected integers of at most 9223372036854775807"
    ):
        read_npz(path, TOPOLOGY)


def segments(**changes):
    """Clips 'a', of 2 frames, and 'b', of 3, as recordings; 'c' is all background."""
    content = {
        "y": np.full(3, -1),
        "segment_clip": np.array([1, 0, 1]),
        "segment_label": np.array([1, 0, 0], np.uint8),
        "segment_start": np.array([0, 1, 2]),
        "segment_end": np.array([2, 2, 3]),
    }
    return content | changes


def test_recordings(npz, tmp_path):
    raw = read_npz(npz(**segments()), TOPOLOGY)
    assert [rows.tolist() for rows in raw.segments] == [[[0, 1, 2]], [[1, 0, 2], [0, 2, 3]], []]
    written = write_store(raw, tmp_path / "store")
    store = SkeletonStore.open(written.path)
    assert store.y.tolist() == [-1, -1, -1]
    assert store.segments(1).tolist() == [[1, 0, 2], [0, 2, 3]]
    assert [store.frame_labels(i).tolist() for i in range(3)] == [[-1, 0], [1, 1, 0], [-1]]
    assert written.notes == ["1 class has no training clip: 'jump'"]  # clips a and c train, by subjects
    printed = format_overview(written, 0.0)
    assert "segments      3 in 2 recordings, 1 to 2 each; 67% of all frames are labelled\n" in printed
    assert "classes       2: wave (2), jump (1)\n" in printed


def test_a_file_without_segments_has_none(npz, tmp_path):
    raw = read_npz(npz(), TOPOLOGY)
    assert raw.segments is None
    written = write_store(raw, tmp_path / "store")
    assert not SkeletonStore.open(written.path).has_segments and "\nsegments " not in format_overview(written, 0.0)


def test_segments_of_clips_that_have_labels(npz, tmp_path):
    raw = read_npz(npz(**segments(y=np.array([0, 1, 1]))), TOPOLOGY)
    store = SkeletonStore.open(write_store(raw, tmp_path / "store").path)
    assert store.y.tolist() == [0, 1, 1] and store.segments(0).tolist() == [[0, 1, 2]]


def test_an_excluded_recording_takes_its_segments_with_it(npz, tmp_path):
    x = arrays()["x"]
    x[:2] = 0
    raw = read_npz(npz(x=x, **segments()), TOPOLOGY)
    written = write_store(raw, tmp_path / "store", split={"by": "random", "fraction": 0.5})
    assert written.excluded == {"all zero": ["a"]}
    store = SkeletonStore.open(written.path)
    assert store.name.tolist() == ["b", "c"] and store.segments(0).tolist() == [[1, 0, 2], [0, 2, 3]]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"segment_end": None}, "'.*raw.npz' has segments, but lacks the arrays segment_end"),
        ({"segment_clip": None, "segment_start": None}, "lacks the arrays segment_clip, segment_start"),
        ({"segment_end": np.array([2, 2])}, "'segment_end' must hold 3 integers, found 2"),
        ({"segment_start": np.zeros(3)}, "'segment_start' must hold integers, found float64"),
        ({"segment_clip": np.zeros((3, 1), int)}, r"'segment_clip' must have one dimension, found shape \[3, 1\]"),
        ({"segment_clip": np.array([1, 3, 1])}, "segment 1 is in clip 3, expected 0 to 2"),
        ({"segment_clip": np.array([-1, 3, 1])}, "segment 0 is in clip -1, expected 0 to 2"),
        (
            {"segment_label": np.array([1, 0, 2])},
            r"clip 'b': segment 1 is \(label 2, start 2, end 3\), expected a label 0 .. 1",
        ),
        ({"segment_label": np.array([1, -1, 0])}, r"clip 'a': segment 0 is \(label -1, start 1, end 2\)"),
        (
            {"segment_end": np.array([2, 3, 4])},
            r"clip 'a': segment 0 is \(label 0, start 1, end 3\), expected 0 <= start < end <= 2, its frames",
        ),
        (
            {"segment_start": np.array([2, 1, 2])},
            r"clip 'b': segment 0 is \(label 1, start 2, end 2\), expected 0 <= start <",
        ),
        (
            {"segment_start": np.array([-1, 1, 2])},
            r"clip 'b': segment 0 is \(label 1, start -1, end 2\), expected 0 <= start",
        ),
        ({"y": np.array([0, -2, 1])}, r"clip 'b' has label -2, expected -1 to 1 for 2 class names"),
        (
            {key: np.zeros(0, int) for key in ("segment_clip", "segment_label", "segment_start", "segment_end")},
            "clip 'a' has label -1, expected 0 to 1 for 2 class names",
        ),
    ],
)
def test_bad_segments(npz, tmp_path, changes, message):
    with pytest.raises(DataError, match=message):
        write_store(read_npz(npz(**segments(**changes)), TOPOLOGY), tmp_path / "store")


def test_files_that_are_no_npz(tmp_path):
    with pytest.raises(DataError, match=r"no file at '.*nowhere.npz'"):
        read_npz(tmp_path / "nowhere.npz", TOPOLOGY)
    (tmp_path / "text.npz").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match=r"'.*text.npz' is not a complete npz file \(truncated, or another format\)"):
        read_npz(tmp_path / "text.npz", TOPOLOGY)
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"'.*array.npy' holds a single array, expected an npz with the arrays x"):
        read_npz(tmp_path / "array.npy", TOPOLOGY)
    with pytest.raises(TopologyError, match="unknown topology 'stik'"):
        read_npz(tmp_path / "array.npy", "stik")


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_truncated(npz, kept):
    path = npz()
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(DataError, match=r"'.*raw.npz' is not a complete npz file"):
        read_npz(path, TOPOLOGY)


def test_damaged_frames_leave_no_store(npz, tmp_path):
    path = npz()
    with zipfile.ZipFile(path) as archive, archive.open("x.npy") as file:
        start = archive.getinfo("x.npy").header_offset + len(file.read()) // 2
    content = bytearray(path.read_bytes())
    content[start] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match="array 'x' cannot be read, the file is damaged: Bad CRC-32"):
        write_store(read_npz(path, TOPOLOGY), tmp_path / "store")
    assert [file.name for file in tmp_path.iterdir()] == ["raw.npz"]


@pytest.mark.parametrize(
    "name, topology, clips, subjects", [("irds", "ntu_rgbd", 2589, 30), ("uiprmd", "uiprmd_22", 2000, 10)]
)
def test_real_data(name, topology, clips, subjects):
    path = DATA / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"'{path}' is not here")
    raw = read_npz(path, topology)
    assert (len(raw), raw.unit, raw.fps, raw.notes) == (clips, "mm", 30, [])
    assert len(np.unique(raw.subject)) == subjects
    first = next(raw.clips()).joints
    assert first.shape[2:] == (raw.topology.num_joints, 3)
    assert 1 < np.median((first.max(2) - first.min(2)).max(-1)) < 2  # metres, standing


def test_memory_holds_a_clip_at_a_time(npz):
    frames = 100_000
    path = npz(x=np.ones((frames, 1, 3, 3)), offsets=np.array([0, 1000, 2000, frames]))
    clips = (clip.joints for clip in read_npz(path, TOPOLOGY, unit="m").clips())
    tracemalloc.start()
    try:
        assert [next(clips).shape, next(clips).shape] == [(1, 1000, 3, 3)] * 2
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1e6  # the file has 7.2 MB, a clip 72 kB


def test_text_that_is_none(npz):
    for number in (0x110000, 0xD800):
        names = np.frombuffer(np.array([97, 98, number], np.uint32).tobytes(), "<U1")
        with pytest.raises(DataError, match="raw.npz': array 'name' is not valid unicode"):
            read_npz(npz(name=names), TOPOLOGY)
    with pytest.raises(DataError, match="raw.npz': array 'name' is not text in UTF-8"):
        read_npz(npz(name=np.array([b"a", b"b", b"\xff"])), TOPOLOGY)


def test_a_split_that_is_no_text(npz):
    for split in (np.zeros(3, [("a", "f4")]), np.arange(3)):
        with pytest.raises(DataError, match="'split' must be text, found"):
            read_npz(npz(split=split), TOPOLOGY)


def test_an_array_that_is_there_twice(npz):
    path = npz()
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("y.npy", archive.read("y.npy"))
    with pytest.raises(DataError, match="raw.npz' has the array 'y' twice"):
        read_npz(path, TOPOLOGY)


def test_what_is_ignored_is_not_read(npz, monkeypatch):
    read = NpzMember.read
    monkeypatch.setattr(NpzMember, "read", lambda member: [][0] if member.key == "more" else read(member))
    path = npz(more=np.zeros(5))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "not an array")
    assert len(read_npz(path, TOPOLOGY)) == 3


def test_numbers_that_are_too_large_warn_nobody(npz, tmp_path, recwarn):
    x = arrays()["x"].astype(np.float64)
    x[3, 0, 1, 2] = 1e300
    with pytest.raises(DataError, match="clip 'b': body 0, frame 1, joint 'LeftHand' is .*inf.*, expected finite"):
        write_store(read_npz(npz(x=x), TOPOLOGY), tmp_path / "store")
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]
