import numpy as np
import pytest

from skgraph.datasets.readers.npy import read_npy
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


def topology(dim):
    return Topology.from_dict(
        {
            "name": "stick",
            "dim": dim,
            "joints": {"hip": None, "left": "hip", "right": "hip"},
            "mirror": {"left": "right"},
            "parts": {"all": ["hip", "left", "right"]},
            "center": "hip",
        }
    )


@pytest.fixture
def folder(tmp_path):
    """Two clips: 'one' has one body in 4 frames, 'two' has two bodies in 5."""
    np.save(tmp_path / "one.npy", np.arange(36, dtype=np.float32).reshape(4, 3, 3))
    np.save(tmp_path / "two.npy", np.ones((2, 5, 3, 3)))
    (tmp_path / "labels.csv").write_text("name,label,subject,split\none,wave,7,train\ntwo.npy,jump,,test\n")
    return tmp_path


def test_reads(folder):
    raw = read_npy(folder, topology(3))
    assert raw.name == ["one", "two"]
    assert raw.class_names == ["jump", "wave"]
    assert raw.y.tolist() == [1, 0]
    assert raw.subject.tolist() == [7, -1]
    assert raw.splits[0].train.tolist() == [True, False]
    assert (raw.unit, raw.units, raw.fps, raw.camera, raw.notes) == ("m", "m", 30.0, None, [])
    one, two = (clip.joints for clip in raw.clips())
    assert (one.shape, two.shape, one.dtype) == ((1, 4, 3, 3), (2, 5, 3, 3), np.float32)
    assert one[0, 1, 0].tolist() == [9, 10, 11]


def test_units(folder):
    one = next(read_npy(folder, topology(3), unit="cm").clips()).joints
    np.testing.assert_allclose(one[0, 1, 0], [0.09, 0.10, 0.11])


def test_integer_labels_name_the_classes_by_value(folder):
    (folder / "labels.csv").write_text("name,label\none,10\ntwo,9\n")
    raw = read_npy(folder, topology(3))
    assert raw.class_names == ["9", "10"]
    assert raw.y.tolist() == [1, 0]


def test_text_subjects_and_unused_columns(folder):
    (folder / "my.csv").write_text("\ufeffname, label, subject, subjct\none, wave, P02, 1\ntwo, jump, P01, 2\n")
    raw = read_npy(folder, topology(3), labels=folder / "my.csv")
    assert raw.subject.tolist() == ["P02", "P01"]
    assert raw.ids("subject").tolist() == [1, 0]
    assert raw.ids("camera").tolist() == [-1, -1]
    assert raw.notes == ["columns of 'my.csv' that are not used: subjct"]


def test_2d(folder):
    for name in ("one", "two"):
        np.save(folder / f"{name}.npy", np.full((4, 3, 2), 320.0))
    raw = read_npy(folder, topology(2), unit="px")
    assert (raw.units, next(raw.clips()).joints.max()) == ("px", 320)
    with pytest.raises(ConfigError, match="need a unit: unit=px or unit=normalised"):
        read_npy(folder, topology(2))


@pytest.mark.parametrize(
    "text, message",
    [
        ("name;label\none;wave\n", "lacks the columns name, label; it has name;label"),
        ("", "lacks the columns name, label; it has none"),
        ("name,label\none,wave\ntwo,\n", "line 3: the label is missing"),
        ("name,label\none\ntwo,jump\n", "line 2 has 1 cells, the header 2"),
        ("name,label\none,wave\n", r"1 \.npy files of '.*' have no line in '.*labels.csv': two"),
        ("name,label\none,a\ntwo,a\nthree,a\n", r"1 clips of '.*labels.csv' have no \.npy file in '.*': three"),
        ("name,label\none,a\ntwo,a\n3,a\n4,a\n5,a\n6,a\n", r"4 clips of .*: 3, 4, 5 and 1 more"),
        ("name,label\none,a\ntwo,b\none,a\n", "clip name 'one' is used twice, by clips 0 and 2"),
        ('name,label\n"one,a\n', "is not a CSV file in UTF-8"),
    ],
)
def test_bad_tables(folder, text, message):
    (folder / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_npy(folder, topology(3))


def test_missing_folder_and_table(folder):
    with pytest.raises(DataError, match=r"no folder at '.*nowhere'"):
        read_npy(folder / "nowhere", topology(3))
    (folder / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"no CSV of labels at '.*labels.csv'"):
        read_npy(folder, topology(3))


@pytest.mark.parametrize(
    "clip, message",
    [
        (np.zeros((5, 4, 3)), "has 4 joints in 3D, topology 'stick' has 3 in 3D"),
        (np.zeros((5, 3, 2)), "has 3 joints in 2D, topology 'stick' has 3 in 3D"),
        (np.zeros((5, 9)), r"must be \[bodies, frames, joints, coordinates\], found \[5, 9\]"),
        (np.array([{"a": 1}]), "is not a complete .npy array of numbers: .*Python objects in dtype"),
        (np.zeros((5, 3, 3), bool), "must hold integers or floats, found bool"),
    ],
)
def test_bad_clips(folder, clip, message):
    np.save(folder / "two.npy", clip)
    with pytest.raises(DataError, match=message):
        list(read_npy(folder, topology(3)).clips())


@pytest.mark.parametrize("size", [0, 40, 300])
def test_truncated_clip(folder, size):
    path = folder / "two.npy"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataError, match=r"'.*two.npy' is not a complete .npy array of numbers"):
        list(read_npy(folder, topology(3)).clips())


def test_a_clip_of_any_size_is_refused_before_it_is_read(folder):
    """A sparse file: it says that it has 4 GiB, and takes none."""
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (119304647, 3, 3), }".ljust(117) + "\n"
    with (folder / "two.npy").open("wb") as file:
        file.write(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head.encode())
        file.truncate(10 + len(head) + 4 * 119304647 * 9)
    with pytest.raises(DataError, match="two.npy' has 1073741823 numbers, expected a clip of at most 33554432"):
        list(read_npy(folder, topology(3)).clips())
