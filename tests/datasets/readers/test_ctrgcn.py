import tracemalloc

import numpy as np
import pytest

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.ctrgcn import read_ctrgcn
from skgraph.errors import ConfigError, DataError, StoreError


def body(frames, height=1.7, shift=0.0):
    """25 joints one above the other, 1.7 m tall, that walk 0.1 m along x in every frame: [T, 75]."""
    joints = np.zeros((frames, 25, 3), np.float32)
    joints[..., 0] = 0.1 * np.arange(frames)[:, None] + shift
    joints[..., 1] = np.linspace(0, height, 25)
    joints[..., 2] = 1
    return joints.reshape(frames, 75)


def arrays(**changes):
    """Three training clips of one, one repeated and two bodies, and two to test; all padded to 8 frames."""
    train, test = np.zeros((3, 8, 150), np.float32), np.zeros((2, 8, 150), np.float32)
    train[0, :5, :75] = body(5)
    train[1, :6] = np.tile(body(6), 2)
    train[2, :8] = np.hstack([body(8), body(8, shift=1.0)])
    train[2, 3] = 0
    test[0, :4, :75], test[1, :3, :75] = body(4), body(3)
    content = {"x_train": train, "y_train": np.eye(4)[[0, 1, 2]], "x_test": test, "y_test": np.eye(4)[[2, 0]]}
    content.update(changes)
    return {key: value for key, value in content.items() if value is not None}


@pytest.fixture
def npz(tmp_path):
    def save(name="NTU60_CS.npz", **changes):
        np.savez(tmp_path / name, **arrays(**changes))
        return tmp_path / name

    return save


def test_store_holds_what_the_file_holds(npz, tmp_path):
    raw = read_ctrgcn(npz())
    assert raw.name == ["train00001", "train00002", "train00003", "test00001", "test00002"]
    assert raw.class_names == ["drink water", "eat meal", "brush teeth", "brush hair"]
    assert "they are called train00001" in raw.notes[0]
    store = SkeletonStore.open(write_store(raw, tmp_path / "store").path)
    assert store.length.tolist() == [5, 6, 8, 4, 3]
    assert store.y.tolist() == [0, 1, 2, 2, 0]
    assert store.splits() == ["xsub"]
    assert (store.split("xsub", "train").tolist(), store.split("xsub", "test").tolist()) == ([0, 1, 2], [3, 4])
    assert store.meta["preprocessing"].startswith("as converted by the CTR-GCN pipeline")
    clips = [store.clip(i) for i in range(5)]
    assert [clip.frame_mask.any(-1).tolist() for clip in clips][:2] == [[True], [True]]  # a body and its copy
    assert clips[2].frame_mask.tolist() == [[True] * 3 + [False] + [True] * 4] * 2
    np.testing.assert_allclose(clips[2].joints[:, 2, 24], [[0.2, 1.7, 1], [1.2, 1.7, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    "name, option, split",
    [
        ("NTU120_CSet.npz", None, "xset"),
        ("mine.npz", None, "given"),
        ("mine.npz", "xview", "xview"),
        ("NTU60_CS.npz", "own", "own"),
    ],
)
def test_split_name(npz, name, option, split):
    assert [s.name for s in read_ctrgcn(npz(name), option).splits] == [split]


def test_integer_labels_and_other_types(npz):
    content = arrays()
    raw = read_ctrgcn(
        npz(
            y_train=np.array([2, 1, 0], np.uint8),
            y_test=np.array([1, 1]),
            more=np.zeros(3),
            x_train=np.asfortranarray(content["x_train"].astype(np.float64)),
            x_test=content["x_test"].astype(np.float16),
        )
    )
    assert (raw.y.tolist(), raw.class_names) == ([2, 1, 0, 1, 1], ["drink water", "eat meal", "brush teeth"])
    first, *_, last = raw.clips()
    assert first.joints.shape == (2, 5, 25, 3) and last.joints.dtype == np.float32
    np.testing.assert_allclose(last.joints[0, 2, 0], [0.2, 0, 1], atol=1e-3)


def test_another_skeleton_and_unit(npz):
    x = np.ones((3, 2, 15 * 3))
    raw = read_ctrgcn(npz(x_train=x, x_test=x[:2]), topology="sbu_15", unit="cm")
    clip = next(raw.clips()).joints
    assert clip.shape == (1, 2, 15, 3) and clip[0, 0, 0].tolist() == [np.float32(0.01)] * 3


def test_empty_clips_are_left_out(npz, tmp_path):
    x = arrays()["x_train"]
    x[1] = 0
    assert write_store(read_ctrgcn(npz(x_train=x)), tmp_path / "store").excluded == {"all zero": ["train00002"]}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"y_test": None}, "lacks the arrays y_test; it has x_train, y_train, x_test"),
        ({"x_train": np.zeros((3, 8, 100))}, r"'x_train' must be \[clips, frames, bodies \* 75\] .*\[3, 8, 100\]"),
        ({"x_train": np.zeros((3, 150))}, r"found \[3, 150\]"),
        ({"x_train": np.zeros((3, 0, 150))}, r"found \[3, 0, 150\]"),
        ({"x_train": np.zeros((3, 8, 0))}, r"found \[3, 8, 0\]"),
        ({"x_train": np.zeros((0, 8, 150)), "y_train": np.zeros((0, 4))}, None),
        ({"x_train": np.zeros((3, 8, 150), complex)}, "array 'x_train' must hold numbers, found complex128"),
        ({"x_train": np.full((3, 8, 150), None)}, "array 'x_train' must hold numbers, found object"),
        ({"y_train": np.array(["a", "b", "c"])}, "array 'y_train' must hold numbers, found <U1"),
        (
            {"y_train": np.eye(4)[[0, 1]]},
            r"'y_train' must be one-hot, \[3, classes\], or integers \[3\], found float64",
        ),
        ({"y_train": np.zeros((3, 0))}, r"or integers \[3\], found float64 \[3, 0\]"),
        ({"y_train": np.zeros((3, 10_001), bool)}, r"found bool \[3, 10001\]"),
        ({"y_train": np.array([0.0, 1, 2])}, r"found float64 \[3\]"),
        ({"y_train": np.zeros((3, 4))}, r"'y_train': row 0 is not one-hot, .* \(3 such rows\)"),
        ({"y_train": np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 1]])}, r"row 2 is not one-hot.*\(1 such rows\)"),
        ({"y_train": np.eye(4)[:3] * 2}, "row 0 is not one-hot"),
        ({"y_train": np.full((3, 4), np.nan)}, "row 0 is not one-hot"),
        ({"y_train": np.eye(5)[:3]}, "'y_train' and 'y_test' have 4 and 5 classes"),
        ({"y_train": np.array([0, -1, 2])}, "clip 'train00002' has label -1, expected 0 to 9999"),
        ({"y_test": np.array([0, 10**12])}, "clip 'test00002' has label 1000000000000"),
    ],
)
def test_bad_files(npz, tmp_path, changes, message):
    path = npz(**changes)
    with pytest.raises(DataError, match=message or "split 'xsub' leaves no training clips"):
        write_store(read_ctrgcn(path), tmp_path / "store")


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_numbers_that_are_none(npz, tmp_path, bad):
    x = arrays()["x_train"].astype(np.float64)
    x[1, 2, 75 + 3 * 4] = bad
    with pytest.raises(DataError, match="clip 'train00002': body 1, frame 2, joint 'ShoulderLeft' is .*, expected fin"):
        write_store(read_ctrgcn(npz(x_train=x)), tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_bad_options(npz):
    with pytest.raises(ConfigError, match="are 3D, topology 'coco_17' is 2D"):
        read_ctrgcn(npz(), topology="coco_17")
    with pytest.raises(StoreError, match=r"a split's name may hold .* found 'x/y'"):
        read_ctrgcn(npz(), "x/y")


def test_files_that_are_no_npz(npz, tmp_path):
    path = npz()
    whole = path.read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match="is not a complete npz file"):
            read_ctrgcn(path)
    for wrong in (tmp_path, tmp_path / "nowhere.npz"):
        with pytest.raises(DataError, match="no file at"):
            read_ctrgcn(wrong)
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match="holds a single array, expected an npz with the arrays x_train"):
        read_ctrgcn(tmp_path / "x.npy")


def test_memory_holds_a_clip_at_a_time(npz):
    clips = read_ctrgcn(npz(x_train=np.ones((100, 300, 150), np.float32), y_train=np.zeros(100, int))).clips()
    tracemalloc.start()
    try:
        assert next(clips).joints.shape == next(clips).joints.shape == (2, 300, 25, 3)
        assert tracemalloc.get_traced_memory()[1] < 2e6  # the array has 18 MB, a clip 180 kB
    finally:
        tracemalloc.stop()
