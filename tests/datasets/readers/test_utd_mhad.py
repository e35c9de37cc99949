import struct
import zlib

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers import utd_mhad
from skgraph.datasets.readers.utd_mhad import read_utd_mhad
from skgraph.errors import DataError

scipy_io = pytest.importorskip("scipy.io")

NO_NUMBERS = "has no array 'd_skel' of real numbers; it has none"


def skeleton(frames=3):
    """``[20, 3, T]``: joint v of frame t is at (v, 10 v, t + 1) / 100."""
    v, t = np.mgrid[:20, :frames]
    return np.stack([v, 10 * v, t + 1], axis=1) / 100


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "Skeleton"
    path.mkdir()
    scipy_io.savemat(path / "a1_s1_t1_skeleton.mat", {"d_skel": skeleton()})
    scipy_io.savemat(path / "a10_s8_t4_skeleton.mat", {"d_skel": skeleton(5)}, do_compression=True)
    scipy_io.savemat(path / "a27_s3_t2_skeleton.mat", {"d_skel": skeleton(1)[:, :, 0]})  # Matlab drops the last axis
    return path


def test_reads(folder):
    raw = read_utd_mhad(folder)
    assert raw.name == ["a10_s8_t4", "a1_s1_t1", "a27_s3_t2"]
    assert [raw.class_names[y] for y in raw.y] == [
        "right hand draw circle (counter clockwise)",
        "right arm swipe to the left",
        "squat (two arms stretch out)",
    ]
    assert (len(raw.class_names), raw.subject.tolist()) == (27, [8, 1, 3])
    assert (raw.topology.name, raw.unit, raw.units, raw.fps) == ("utd_mhad", "m", "m", 30.0)
    assert [(split.name, split.train.tolist()) for split in raw.splits] == [("xsub", [False, True, True])]
    clips = list(raw.clips())
    assert [clip.joints.shape for clip in clips] == [(1, 5, 20, 3), (1, 3, 20, 3), (1, 1, 20, 3)]
    np.testing.assert_allclose(clips[0].joints[0, 4, [0, 19]], [[0, 0, 0.05], [0.19, 1.9, 0.05]], rtol=1e-6)
    assert clips[0].frame_mask.all() and clips[0].joints.dtype == np.float32
    one = read_utd_mhad(folder / "a1_s1_t1_skeleton.mat")
    assert (one.name, one.y.tolist(), next(one.clips()).joints.shape) == (["a1_s1_t1"], [0], (1, 3, 20, 3))


def test_joints_that_were_not_seen(folder):
    lost = skeleton()
    lost[0] = 0
    lost[:, :, 2] = 0
    scipy_io.savemat(folder / "a10_s8_t4_skeleton.mat", {"d_skel": lost})
    clip = next(read_utd_mhad(folder).clips())
    assert clip.frame_mask.tolist() == [[True, True, False]]
    assert clip.joints[0, :2, 0].tolist() == clip.joints[0, :2, 1].tolist()  # the head is where the shoulders are


@pytest.mark.parametrize(
    "content, message",
    [
        ({"skel": skeleton()}, "has no array 'd_skel' of real numbers; it has skel"),
        ({}, NO_NUMBERS),
        ({"d_skel": skeleton()[:19]}, r"'d_skel' must be \[20, 3, frames\], found \[19, 3, 3\]"),
        ({"d_skel": skeleton().T}, r"found \[3, 3, 20\]"),
        ({"d_skel": "text"}, NO_NUMBERS),
        ({"d_skel": skeleton() > 0}, NO_NUMBERS),
        ({"d_skel": {"a": 1}}, NO_NUMBERS),
        ({"d_skel": np.full((20, 3, 2), 1, object)}, NO_NUMBERS),
        ({"d_skel": skeleton() * 1j}, NO_NUMBERS),
        ({"d_skel": np.where(skeleton() == 0.19, np.nan, skeleton())}, "joint 'FootRight' is .*nan.*, expected finite"),
        ({"d_skel": skeleton() * 1e300}, "expected finite"),
    ],
)
def test_bad_contents(folder, tmp_path, content, message):
    scipy_io.savemat(folder / "a1_s1_t1_skeleton.mat", content)
    with pytest.raises(DataError, match=message):
        write_store(read_utd_mhad(folder), tmp_path / "store")


@pytest.mark.parametrize(
    "content",
    [b"", b"MATLAB 5.0", b"\x89HDF\r\n\x1a\n" + bytes(600), bytes(200), b"d_skel" * 100, bytes(range(256)) * 4],
)
def test_files_that_are_none(folder, content):
    (folder / "a10_s8_t4_skeleton.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"a10_s8_t4_skeleton\.mat' (is not a complete Matlab file|has no array)"):
        next(read_utd_mhad(folder).clips())


@pytest.mark.parametrize("kind", [1, 2, 3, 16, 17], ids=["cell", "struct", "object", "function", "opaque"])
def test_what_is_no_number_is_never_read(folder, kind):
    path = folder / "a1_s1_t1_skeleton.mat"
    content = bytearray(path.read_bytes())
    content[content.index(struct.pack("<2I", 6, 8), 128) + 8] = kind  # the class in the flags of the array
    path.write_bytes(content)
    with pytest.raises(DataError, match=NO_NUMBERS):
        utd_mhad._read(path)


def test_large_files_and_names_that_are_others(folder):
    (folder / "a10_s8_t4_skeleton.mat").write_bytes(bytes(2**22 + 1))
    with pytest.raises(DataError, match="has more than 4194304 bytes, expected one clip"):
        next(read_utd_mhad(folder).clips())
    (folder / "a28_s1_t1_skeleton.mat").touch()
    with pytest.raises(DataError, match="a28_s1_t1_skeleton.mat' is of action 28, expected one of 1, 2, "):
        read_utd_mhad(folder)
    (folder / "first_skeleton.mat").touch()
    with pytest.raises(DataError, match="are not named like a1_s1_t1_skeleton.mat: first_skeleton.mat"):
        read_utd_mhad(folder)


def test_an_array_that_says_it_is_larger_than_it_is(folder):
    """The header of a compressed array may promise any number of frames."""
    path = folder / "a10_s8_t4_skeleton.mat"
    damaged = path.read_bytes()
    body = bytearray(zlib.decompress(damaged[136:]))
    dimensions = body.index(struct.pack("<3i", 20, 3, 5))
    body[dimensions + 8 : dimensions + 12] = struct.pack("<i", 2**30)
    body = zlib.compress(bytes(body))
    path.write_bytes(damaged[:128] + struct.pack("<2i", 15, len(body)) + body)
    with pytest.raises(DataError, match="is not a complete Matlab file"):
        next(read_utd_mhad(folder).clips())


def test_damage_of_any_kind_is_a_data_error(folder):
    path = folder / "a10_s8_t4_skeleton.mat"
    generator = np.random.default_rng(0)
    for do_compression in (False, True):
        scipy_io.savemat(path, {"d_skel": skeleton(2)}, do_compression=do_compression)
        whole = path.read_bytes()
        for _ in range(150):
            damaged = bytearray(whole[: int(generator.integers(100, len(whole) + 1))])
            for place in generator.integers(len(damaged), size=int(generator.integers(1, 6))):
                damaged[place] = int(generator.integers(256))
            path.write_bytes(damaged)
            try:
                assert utd_mhad._read(path).shape[1:] == (20, 3)
            except DataError:
                pass


def test_a_store(folder, tmp_path):
    written = write_store(read_utd_mhad(folder), tmp_path / "store")
    store = SkeletonStore.open(written.path)
    assert (store.splits(), store.subject.tolist()) == (["xsub"], [8, 1, 3])
    assert store.split("xsub", "test").tolist() == [0]
    np.testing.assert_allclose(store.clip(1).joints[0, 2, 19], [0.19, 1.9, 0.03], rtol=1e-6)
