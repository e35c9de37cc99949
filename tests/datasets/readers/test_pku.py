import numpy as np
import pytest

from benchmarks.raw_files.pku import label_text, pku_text, split_text
from skgraph.data import SkeletonStore
from skgraph.datasets.formats.pku_files import as_recording
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.pku import mamp_pku, read_pku
from skgraph.errors import ConfigError, DataError

NAMES = ["0002-L", "0002-M", "0003-L", "0003-R"]
SEGMENTS = [[[0, 0, 20], [13, 30, 60]], [[0, 1, 20]], [[50, 10, 59]], [[2, 5, 40], [3, 40, 60], [2, 41, 59]]]


def joints(number):
    """Two bodies in 60 frames, the second from frame 25; joint 20's z counts the frames of the first."""
    rng = np.random.default_rng(number)
    bodies = rng.uniform(-0.2, 0.2, (2, 1, 25, 3)) * (1, 4, 1) + np.array([[[[0, 0, 3]]], [[[1, 0, 3]]]])
    bodies = bodies + np.arange(60)[:, None, None] * np.array([0.02, 0, 0]) * np.array([[[[1]]], [[[0.5]]]])
    bodies[0, :, 20, 2] = 3 + np.arange(60) / 1000
    return bodies, np.arange(60) >= np.array([[0], [25]])


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "PKUMMD"
    for part in ("Data/PKU_Skeleton", "Label/Train_Label", "Split"):
        (folder / part).mkdir(parents=True)
    for number, (name, segments) in enumerate(zip(NAMES, SEGMENTS, strict=True)):
        (folder / "Data/PKU_Skeleton" / f"{name}.txt").write_text(pku_text(*joints(number)))
        (folder / "Label/Train_Label" / f"{name}.txt").write_text(label_text(np.array(segments)))
    (folder / "Split" / "cross-subject.txt").write_text(split_text(NAMES[:2], NAMES[2:]))
    (folder / "Split" / "cross-view.txt").write_text(split_text([NAMES[1], NAMES[3]], [NAMES[0], NAMES[2]]))
    return folder


def store_of(folder, tmp_path, name="store", **options):
    raw = read_pku(folder, tmp_path / f"{name}.parts", **{"dataset": 1, "processes": 1} | options)
    written = write_store(raw, tmp_path / name)
    return SkeletonStore.open(tmp_path / name), written


def test_a_clip_for_each_label(folder, tmp_path):
    store, _ = store_of(folder, tmp_path)
    assert store.name.tolist() == [
        "0002-L_000",
        "0002-L_001",
        "0002-M_000",
        "0003-L_000",
        "0003-R_000",
        "0003-R_001",
        "0003-R_002",
    ]
    assert store.y.tolist() == [0, 13, 0, 50, 2, 3, 2] and store.class_names[13] == "handshaking"
    assert store.length.tolist() == [20, 30, 19, 49, 35, 20, 18]
    assert store.splits() == ["xsub", "xview"] and not store.has_confidence
    assert store.split("xsub", "train").tolist() == [0, 1, 2] and store.split("xview", "test").tolist() == [0, 1, 3]
    assert store.camera.tolist() == [0, 0, 1, 0, 2, 2, 2]
    assert store.meta["preprocessing"] == "preset skgraph, one_based labels"
    clip, (bodies, _) = store.clip(1), joints(0)
    np.testing.assert_allclose(clip.joints[0], bodies[0, 30:60] - bodies[0, 30, 1], atol=1e-6)
    np.testing.assert_allclose(clip.joints[1], bodies[1, 30:60] - bodies[0, 30, 1], atol=1e-6)
    assert not (tmp_path / "store.parts").exists()


def test_whole_recordings_keep_their_labels(folder, tmp_path):
    (folder / "Label/Train_Label" / "0002-M.txt").write_text("1,2,20,1\n4,50,64,1\n")  # ends after its recording
    store, _ = store_of(folder, tmp_path, form="recordings")
    assert store.name.tolist() == NAMES and store.length.tolist() == [60] * 4
    assert store.segments(3).tolist() == SEGMENTS[3] and store.segments(1).tolist() == [[0, 1, 20], [3, 49, 60]]
    np.testing.assert_allclose(store.clip(2).joints[0], joints(2)[0][0], atol=1e-6)
    assert store.split("xsub", "train").tolist() == [0, 1]


def test_counting_from_0_is_a_frame_later(folder, tmp_path):
    store, _ = store_of(folder, tmp_path, label_indexing="zero_based", preset="mamp")
    shown = np.rint((store.clip(1).joints[0, :, 20, 2].numpy() - 3) * 1000).astype(int)
    assert shown.tolist() == list(range(31, 60))
    assert store.meta["preprocessing"] == "preset mamp, zero_based labels"


def test_mamp_takes_clips_as_they_are():
    bodies = np.random.default_rng(0).normal(size=(400, 2, 25, 3))
    bodies[:100, 1] = 0
    clip = mamp_pku(as_recording(bodies))
    np.testing.assert_allclose(clip.joints, bodies[:300].swapaxes(0, 1), rtol=1e-6)
    assert clip.there.sum(axis=1).tolist() == [300, 200]


def test_part_ii_has_other_names(folder, tmp_path):
    with pytest.raises(DataError, match="no skeleton file of PKU-MMD 2 was found: 4 text files have other names"):
        read_pku(folder, tmp_path / "parts", 2)


def test_a_part_of_the_recordings_is_said(folder, tmp_path):
    (folder / "Data/PKU_Skeleton" / "0003-R.txt").unlink()
    (folder / "Split" / "cross-view.txt").write_text(split_text([NAMES[1]], [NAMES[0]]))
    _, written = store_of(folder, tmp_path)
    assert "split 'xsub' names 1 recordings that are not in the source" in written.notes
    assert "split 'xview' does not name 1 recordings: they neither train nor test" in written.notes


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda f: (f / "Split/cross-view.txt").unlink(), "expected one file of the split by view in .*, found 0"),
        (
            lambda f: (f / "Split/cross-view.txt").write_text(split_text(["A01N01-L"], ["A01N02-L"])),
            "cross-view.txt' names none of the 4 recordings: it has 'A01N01-L', expected names such as '0002-L'",
        ),
        (lambda f: (f / "Label/Train_Label/0003-L.txt").unlink(), "1 recordings have no label file in .*: 0003-L"),
        (lambda f: (f / "Data/PKU_Skeleton").rename(f / "Data/poses"), "'skeleton' in its name in .*, found none"),
        (
            lambda f: (f / "Data/PKU_Skeleton/0002-M.txt").write_text("1 2 3\n"),
            "0002-M.txt' is damaged: line 1: expected 150 numbers, found 3",
        ),
        (
            lambda f: (f / "Label/Train_Label/0003-L.txt").write_text("1,61,70,1\n"),
            "0003-L.txt' has 60 frames, and a label starts at frame 60",
        ),
    ],
)
@pytest.mark.parametrize("form", ["clips", "recordings"])
def test_what_is_wrong(folder, tmp_path, change, message, form):
    change(folder)
    with pytest.raises(DataError, match=message):
        store_of(folder, tmp_path, form=form)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dataset": 3}, "PKU-MMD is 1 or 2, found 3"),
        ({"form": "frames"}, "form must be clips or recordings, found 'frames'"),
        ({"preset": "pyskl"}, "preset must be one of skgraph, mamp, agcn for PKU-MMD, found 'pyskl'"),
        (
            {"form": "recordings", "preset": "mamp"},
            "recordings need preset=skgraph, which keeps",
        ),
        ({"processes": -1}, "processes must be 1 or more, found -1"),
    ],
)
def test_options_that_cannot_be(folder, tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        read_pku(folder, tmp_path / "parts", **{"dataset": 1} | options)
