from __future__ import annotations

import os
import shutil
import time

import numpy as np
import pytest
import torch
import yaml

from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.errors import StoreError
from skgraph.topology import Topology
from skgraph.transforms import RandomJitter
from tests.stored_index import change_index, set_in_index


@pytest.fixture
def copied(store_path, tmp_path):
    return shutil.copytree(store_path, tmp_path / "copy")


def write(path, topology, clips, **options):
    with StoreWriter(path, topology, ["a"], **options) as writer:
        for name, joints, mask in clips:
            writer.add(joints, y=0, name=name, frame_mask=mask)
    return SkeletonStore.open(path)


def test_repr(store):
    assert "clips=48, bodies=64, classes=4, topology=ntu_rgbd, splits=['xsub']" in repr(store)


def test_a_clip_comes_back_as_it_was_written(tmp_path, topology):
    joints = np.random.default_rng(0).normal(size=(2, 9, 25, 3)).astype(np.float32)
    mask = np.ones((2, 9), bool)
    mask[1, :3] = mask[1, 8:] = mask[1, 5] = False  # comes late, leaves early, and is away for one frame
    store = write(tmp_path / "s", topology, [("one", joints, mask)])
    clip = store.clip(0)
    assert clip.name == "one" and clip.y.tolist() == [0]
    assert torch.equal(clip.frame_mask, torch.from_numpy(mask))
    assert torch.equal(clip.joints, torch.from_numpy(joints * mask[..., None, None]))
    assert store.meta["rows"] == 9 + 5  # frames 3 .. 7 of the second body


def test_a_body_that_never_appears_is_not_stored(tmp_path, topology):
    joints = np.ones((2, 4, 25, 3), np.float32)
    mask = np.array([[False] * 4, [True] * 4])
    store = write(tmp_path / "s", topology, [("one", joints, mask)])
    assert store.max_bodies == 1 and store.clip(0).joints.shape == (1, 4, 25, 3)


def test_identities_belong_to_the_bodies_that_are_stored(tmp_path, topology):
    joints, mask = np.ones((3, 5, 25, 3)), np.ones((3, 5), bool)
    mask[1] = False
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(joints, y=0, name="tracked", frame_mask=mask, identity=[4, 5, 6])
        writer.add(joints[:1], y=0, name="unknown")
    assert SkeletonStore.open(tmp_path / "s").identity.tolist() == [4, 6, -1]
    with StoreWriter(tmp_path / "t", topology, ["a"]) as writer:
        writer.add(joints, y=0, name="unknown")
    assert SkeletonStore.open(tmp_path / "t").identity.tolist() == [-1] * 3
    assert not (tmp_path / "t" / "index" / "identity.npy").exists()


def test_gather_interpolates_and_masks(tmp_path, topology):
    joints = np.arange(6, dtype=np.float32)[None, :, None, None] * np.ones((1, 6, 25, 3), np.float32)
    mask = np.array([[True, True, False, True, True, True]])
    store = write(tmp_path / "s", topology, [("one", joints, mask)])
    tracks = torch.tensor([0, -1])
    positions = torch.tensor([[0.0, 0.25, 1.0, 1.5, 3.0, 4.5]]).repeat(2, 1)
    x, present = store.gather(tracks, positions)
    assert present.tolist() == [[True, True, True, False, True, True], [False] * 6]
    assert x[0, :, 7, 1].tolist() == [0, 0.25, 1, 0, 3, 4.5]
    assert not x[1].any()


def test_half_precision_store(tmp_path, topology):
    joints = np.random.default_rng(0).normal(size=(1, 5, 25, 3)).astype(np.float32)
    store = write(tmp_path / "s", topology, [("one", joints, None)], dtype="float16")
    assert store.clip(0).joints.dtype == torch.float32
    assert store.nbytes == 5 * 75 * 2
    assert torch.allclose(store.clip(0).joints, torch.from_numpy(joints), atol=2e-3)


def test_content_hash_follows_the_content(tmp_path, topology):
    joints = np.ones((1, 5, 25, 3), np.float32)
    first = write(tmp_path / "1", topology, [("one", joints, None)])
    same = write(tmp_path / "2", topology, [("one", joints, None)])
    other = write(tmp_path / "3", topology, [("one", joints * 1.01, None)])
    named = write(tmp_path / "4", topology, [("two", joints, None)])
    assert first.content_hash == same.content_hash
    assert len({first.content_hash, other.content_hash, named.content_hash}) == 3


def test_splits(store):
    train, test = store.split("xsub", "train"), store.split("xsub", "test")
    assert len(train) == len(test) == 24
    assert set(store.subject[train].tolist()) == {0, 1} and set(store.subject[test].tolist()) == {2, 3}
    with pytest.raises(StoreError, match="no split 'xview', only xsub"):
        store.split("xview", "train")
    with pytest.raises(StoreError, match="sides train, test, found 'val'"):
        store.split("xsub", "val")


def test_a_clip_that_was_left_out_keeps_its_name(tmp_path, topology):
    """In the file it is no formula of a spreadsheet."""
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 5, 25, 3), np.float32), y=0, name="kept")
        writer.exclude("=1+1", "-nobody")
    assert "'=1+1,'-nobody" in (tmp_path / "s" / "excluded.csv").read_text()
    assert SkeletonStore.open(tmp_path / "s").excluded == {"=1+1": "-nobody"}


def test_fewer_training_clips(store):
    smaller = store.with_train_clips("xsub", 5)
    train, all_train = smaller.split("xsub", "train"), store.split("xsub", "train")
    assert len(train) == 5 < len(all_train) and set(train.tolist()) < set(all_train.tolist())
    assert torch.equal(smaller.split("xsub", "test"), store.split("xsub", "test"))
    again, other = store.with_train_clips("xsub", 5), store.with_train_clips("xsub", 5, seed=1)
    assert again.content_hash == smaller.content_hash != store.content_hash
    assert other.content_hash != smaller.content_hash
    with pytest.raises(StoreError, match="train_clips must be from 1 to 24, .* found 25"):
        store.with_train_clips("xsub", 25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(joints=np.ones((1, 5, 24, 3))), r"'c': expected joints \[M, T, 25, 3\].*'ntu_rgbd'.*\[1, 5, 24, 3\]"),
        (dict(joints=np.full((1, 5, 25, 3), np.nan)), "'c': body 0, frame 0, joint 'SpineBase' is .*nan"),
        (dict(y=1), "'c': label 1 is outside 0 .. 0"),
        (dict(name="used"), "'used' is used twice"),
        (dict(frame_mask=np.zeros((1, 5), bool)), "'c' has no frame with a body"),
        (dict(identity=[1, 2]), r"'c': identity must be 1 numbers from -1 on, found \[1 2\]"),
        (dict(identity=[-2]), r"'c': identity must be 1 numbers from -1 on, found \[-2\]"),
        (dict(frame_mask=np.ones((1, 4), bool)), r"'c': frame_mask must be \[1, 5\], found \[1, 4\]"),
    ],
)
def test_bad_clips_are_refused_and_nothing_is_left(tmp_path, topology, change, message):
    good = dict(joints=np.ones((1, 5, 25, 3)), y=0, name="c")
    with pytest.raises(StoreError, match=message), StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 5, 25, 3)), y=0, name="used")
        writer.add(**(good | change))
    assert list(tmp_path.iterdir()) == []


def test_what_float16_cannot_hold_is_refused(tmp_path, topology):
    with pytest.raises(StoreError, match="expected finite float16"):
        write(tmp_path / "s", topology, [("c", np.full((1, 5, 25, 3), 1e6), None)], dtype="float16")


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([0, 1], [1], "1 clips in both train and test, 'c1' first"),
        ([0], [7], "names clip 7, the store has 2 clips"),
    ],
)
def test_bad_splits(tmp_path, topology, train, test, message):
    with pytest.raises(StoreError, match=message), StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        for name in ("c0", "c1"):
            writer.add(np.ones((1, 5, 25, 3)), y=0, name=name)
        writer.add_split("xsub", train, test)
    assert not (tmp_path / "s").exists()


def test_an_existing_store_is_not_replaced_unasked(copied, topology):
    with pytest.raises(StoreError, match="exists already"):
        write(copied, topology, [])
    write(copied, topology, [("new", np.ones((1, 5, 25, 3)), None)], overwrite=True)
    assert SkeletonStore.open(copied).num_clips == 1
    assert [p.name for p in copied.parent.iterdir()] == ["copy"]


def test_what_is_not_a_store_is_never_overwritten(tmp_path, topology):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    with pytest.raises(StoreError, match="is not a store: overwrite=true replaces stores only"):
        write(tmp_path / "thesis", topology, [], overwrite=True)
    assert (tmp_path / "thesis" / "chapter1.tex").exists()


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_store_with_other_files_in_its_folder_is_not_overwritten(copied, topology, when):
    def clips():
        if when == "while":
            (copied / "raw.npz").touch()
        yield "new", np.ones((1, 5, 25, 3)), None

    if when == "before":
        (copied / "raw.npz").touch()
        (copied / "excluded.csv").mkdir()
    others = "raw.npz" if when == "while" else "excluded.csv, raw.npz"
    with pytest.raises(StoreError, match=f"copy' holds more than a store, which overwrite=true would remove: {others}"):
        write(copied, topology, clips(), overwrite=True)
    assert (copied / "raw.npz").exists() and SkeletonStore.open(copied).num_clips == 48
    assert [p.name for p in copied.parent.iterdir()] == ["copy"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through(copied, topology, there):
    if not there:
        shutil.rmtree(copied)
    link = copied.parent / "link"
    link.symlink_to("copy")
    assert write(link, topology, [("new", np.ones((1, 5, 25, 3)), None)], overwrite=True).num_clips == 1
    assert link.is_symlink() and sorted(p.name for p in copied.parent.iterdir()) == ["copy", "link"]


def test_an_overwrite_that_cannot_end_puts_the_old_store_back(copied, topology, monkeypatch):
    rename = os.rename

    def fail(source, target):
        if str(source).endswith(".partial"):
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(StoreError, match="cannot write the store .*Input/output error"):
        write(copied, topology, [("new", np.ones((1, 5, 25, 3)), None)], overwrite=True)
    assert SkeletonStore.open(copied).num_clips == 48
    assert [p.name for p in copied.parent.iterdir()] == ["copy"]


def test_an_interrupted_overwrite_keeps_the_old_store(copied, topology):
    with pytest.raises(KeyboardInterrupt), StoreWriter(copied, topology, ["a"], overwrite=True) as writer:
        writer.add(np.ones((1, 5, 25, 3)), y=0, name="new")
        raise KeyboardInterrupt
    assert SkeletonStore.open(copied).num_clips == 48
    assert [p.name for p in copied.parent.iterdir()] == ["copy"]


class FullDisk:
    """A file on a disk that has room for the header and not much more."""

    def __init__(self, file):
        self.file = file

    def write(self, payload):
        if len(payload) > 1000:
            raise OSError(28, "No space left on device")
        return self.file.write(payload)

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_leaves_nothing(tmp_path, topology):
    with pytest.raises(StoreError, match="No space left on device"):
        with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
            writer._frames = FullDisk(writer._frames)
            writer.add(np.ones((1, 50, 25, 3)), y=0, name="c")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_is_refused(tmp_path, topology):
    with pytest.raises(StoreError, match="no clip was added"):
        write(tmp_path / "s", topology, [])


def damage_truncated_frames(path):
    (path / "frames.npy").write_bytes((path / "frames.npy").read_bytes()[:-100])


def damage_truncated_index(path):
    (path / "index" / "y.npy").write_bytes((path / "index" / "y.npy").read_bytes()[:200])


def damage_pickled_index(path):
    change_index(path, y=lambda _: np.array([{"a": 1}], object))


def damage_missing_index(path):
    shutil.rmtree(path / "index")


def damage_missing_split(path):
    (path / "index" / "split_xsub.npy").unlink()


def damage_names(path):
    change_index(path, name_ptr=lambda pointer: pointer * 2)


def damage_labels(path):
    change_index(path, y=lambda y: y + 2)


def damage_bodies(path):
    change_index(path, track_first=lambda first: first + 1000)


def damage_pointers(path):
    change_index(path, body_ptr=lambda pointer: pointer[::-1].copy())


def damage_split_name(path):
    change_index(path, **{"split_a b": lambda _: np.zeros(48, np.int8)})
    change_meta(path, splits={"a b": ""})


def damage_empty_split(path):
    change_index(path, split_xsub=lambda split: split * 0 + 1)


def damage_frames_kind(path):
    np.save(path / "frames.npy", np.load(path / "frames.npy").astype(np.int16))


def damage_other_rows(path):
    np.save(path / "frames.npy", np.zeros((5, 25, 3), np.float32))


def change_meta(path, **changes):
    meta = yaml.safe_load((path / "meta.yaml").read_text())
    (path / "meta.yaml").write_text(yaml.safe_dump(meta | changes))


def damage_format(path):
    change_meta(path, format=1)


def damage_class_names(path):
    change_meta(path, class_names=["a", "b", "c", ["d"]])


def damage_most_bodies(path):
    change_meta(path, max_bodies=5)


def damage_shards(path):
    change_meta(path, shards=[1, 2])


def damage_by_aliases(path):
    meta = yaml.safe_load((path / "meta.yaml").read_text())
    del meta["class_names"]
    (path / "meta.yaml").write_text(yaml.safe_dump(meta) + "class_names: [&a a, *a, *a, *a]\n")


def damage_meta(path):
    (path / "meta.yaml").write_text("just text")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_truncated_frames, "frames.npy' is missing, truncated"),
        (damage_truncated_index, "y.npy' is missing, truncated"),
        (damage_pickled_index, "y.npy' is missing, truncated or not a NumPy array: .*Python objects"),
        (damage_missing_index, "the index of store '.*' lacks body_ptr, camera"),
        (damage_missing_split, "lacks split_xsub"),
        (damage_names, "expected name_ptr that never falls, from 0 to"),
        (damage_most_bodies, "expected at most 5 bodies, found 2"),
        (damage_shards, r"expected shards of \d+ rows in all, found \[1, 2\]"),
        (
            damage_other_rows,
            r"inconsistent: expected frames as float32 or float16 \(\d+, 25, 3\), found .*\(5, 25, 3\)",
        ),
        (damage_frames_kind, r"expected frames as float32 or float16 .*, found int16"),
        (damage_labels, "expected labels 0 .. 3, found 2 .. 5"),
        (damage_bodies, "expected bodies within their clips' frames"),
        (damage_pointers, "expected body_ptr that rises from 0 to 64"),
        (damage_split_name, "a split's name may hold letters, digits and . _ . - only, found 'a b'"),
        (damage_empty_split, "expected training clips of split_xsub"),
        (damage_format, "has format 1, this version reads 2: prepare it again"),
        (damage_class_names, r"expected a list of texts as class_names, found \['a', 'b', 'c', \['d'\]\]"),
        (damage_by_aliases, r"meta.yaml' is not readable YAML: the alias \*a .* are not supported"),
        (damage_meta, "not a store's description"),
    ],
)
def test_a_damaged_store_is_refused(copied, damage, message):
    damage(copied)
    with pytest.raises(StoreError, match=message):
        SkeletonStore.open(copied)


def test_no_store():
    with pytest.raises(StoreError, match="no store at 'nowhere'"):
        SkeletonStore.open("nowhere")


def test_the_hash_of_a_store_without_segments_is_what_it_was_before_there_were_any(tmp_path):
    stick = {
        "name": "stick",
        "dim": 3,
        "joints": {"Hip": None, "Left": "Hip", "Right": "Hip"},
        "center": "Hip",
        "mirror": {"Left": "Right"},
        "parts": {"all": ["Hip", "Left", "Right"]},
    }
    joints = np.arange(2 * 6 * 3 * 3, dtype=np.float32).reshape(2, 6, 3, 3)
    with StoreWriter(tmp_path / "s", Topology.from_dict(stick), ["a", "b"]) as writer:
        for i in range(2):
            writer.add(joints + i, y=i, name=f"clip{i}", subject=i)
        writer.add_split("xsub", [0], [1])
    store = SkeletonStore.open(tmp_path / "s")
    assert store.content_hash == "8eb653f169b6fd83955d0c06e04a579835fdc462e3ca7c3d89663b6b031456dd"
    assert not list((tmp_path / "s" / "index").glob("segment*"))
    assert not store.has_segments and store.segment_ptr.tolist() == [0, 0, 0]
    assert store.segments(1).shape == (0, 3) and store.frame_labels(1).tolist() == [-1] * 6


SEGMENTS = {"one": [[0, 3, 6], [2, 5, 9], [1, 0, 2]], "none": [], "two": [[1, 0, 12]]}


def write_recordings(path, topology, segments=SEGMENTS, y=-1, lengths=(9, 7, 12)):
    with StoreWriter(path, topology, ["a", "b", "c"]) as writer:
        for frames, (name, rows) in zip(lengths, segments.items(), strict=False):
            writer.add(np.ones((1, frames, 25, 3)), y=y, name=name, segments=rows)
        if len(segments) > 1:
            writer.add_split("xsub", [0], [1])
    return SkeletonStore.open(path)


@pytest.fixture
def recordings(tmp_path, topology):
    return write_recordings(tmp_path / "recordings", topology)


def test_segments_come_back_as_they_were_written(recordings):
    assert recordings.has_segments
    for i, rows in enumerate(SEGMENTS.values()):
        segments = recordings.segments(i)
        assert segments.dtype == torch.long and segments.tolist() == rows
    assert recordings.segment_ptr.tolist() == [0, 3, 3, 4]
    assert recordings.segment_label.tolist() == [0, 2, 1, 1]


def test_frame_labels(recordings):
    assert recordings.frame_labels(0).tolist() == [1, 1, -1, 0, 0, 2, 2, 2, 2]  # in frame 5 the later row wins
    assert recordings.frame_labels(1).tolist() == [-1] * 7
    assert recordings.frame_labels(2).tolist() == [1] * 12
    assert recordings.frame_labels(2).dtype == torch.long


def test_frame_labels_against_a_loop(tmp_path, topology):
    rng = np.random.default_rng(0)
    start = rng.integers(0, 80, (5, 30))
    rows = np.stack([rng.integers(0, 3, (5, 30)), start, start + rng.integers(1, 20, (5, 30))], axis=-1)
    store = write_recordings(tmp_path / "s", topology, dict(zip("abcde", rows, strict=True)), lengths=[100] * 5)
    for i in range(5):
        expected = [-1] * 100
        for label, first, end in rows[i].tolist():
            expected[first:end] = [label] * (end - first)
        assert store.frame_labels(i).tolist() == expected


@pytest.mark.parametrize("read", ["segments", "frame_labels", "clip"])
@pytest.mark.parametrize("i", [-1, 3])
def test_no_such_clip(recordings, read, i):
    with pytest.raises(StoreError, match=f"has clips 0 .. 2, found {i}"):
        getattr(recordings, read)(i)


def test_a_recording_is_a_clip(recordings):
    clip = recordings.clip(0)
    assert clip.joints.shape == (1, 9, 25, 3) and clip.y.tolist() == [-1] and clip.name == "one"
    for items in ("clips", "bodies"):
        dataset = SkeletonDataset(recordings, items=items, frames=4)
        assert SkeletonDataset(recordings, items=items)[2].joints.shape == (1, 12, 25, 3)
        assert dataset.batch(torch.arange(3)).y.tolist() == [-1, -1, -1] and dataset.num_classes == 3


def test_segments_are_part_of_the_hash(tmp_path, topology, recordings):
    moved = write_recordings(tmp_path / "moved", topology, SEGMENTS | {"two": [[1, 0, 11]]})
    again = write_recordings(tmp_path / "again", topology)
    assert recordings.content_hash == again.content_hash != moved.content_hash


def test_clips_and_recordings_in_one_store(tmp_path, topology):
    with StoreWriter(tmp_path / "s", topology, ["a", "b", "c"]) as writer:
        writer.add(np.ones((1, 5, 25, 3)), y=2, name="clip")
        writer.add(np.ones((1, 8, 25, 3)), y=1, name="both", segments=np.array([[1, 2, 4]], np.uint8))
        writer.add(np.ones((1, 6, 25, 3)), y=-1, name="rest", segments=np.zeros((0, 3), int))
    store = SkeletonStore.open(tmp_path / "s")
    assert store.y.tolist() == [2, 1, -1]
    assert [store.segments(i).tolist() for i in range(3)] == [[], [[1, 2, 4]], []]


@pytest.mark.parametrize(
    ("segments", "y", "message"),
    [
        ([[0, 1, 2], [3, 1, 2]], -1, r"'c': segment 1 is \(label 3, start 1, end 2\), expected a label 0 .. 2"),
        ([[-1, 1, 2]], -1, r"'c': segment 0 is \(label -1, start 1, end 2\), expected a label 0 .. 2"),
        ([[0, 0, 6]], -1, r"'c': segment 0 is \(label 0, start 0, end 6\), expected 0 <= start < end <= 5, its frames"),
        ([[0, -1, 3]], -1, r"'c': segment 0 is \(label 0, start -1, end 3\), expected 0 <= start < end <= 5"),
        ([[0, 3, 3]], -1, r"'c': segment 0 is \(label 0, start 3, end 3\), expected 0 <= start < end <= 5"),
        ([[0.0, 1.0, 2.0]], -1, r"'c': segments must be integers \[S, 3\] .*, found float64 \[1, 3\]"),
        ([[1, 2]], -1, r"'c': segments must be integers \[S, 3\] .*, found int64 \[1, 2\]"),
        ([0, 1, 2], -1, r"'c': segments must be integers \[S, 3\] .*, found int64 \[3\]"),
        ([[0, 1, 2]], -2, "'c': label -2 is outside 0 .. 2"),
        ([[0, 1, 2]], 3, "'c': label 3 is outside 0 .. 2"),
        (None, -1, r"'c': label -1 is outside 0 .. 2 \(-1, no single label, is for recordings with segments\)"),
        ([], -1, "clip 'c' has the label -1, which needs a store with segments, and no clip of '.*s' has any"),
    ],
)
def test_bad_segments_are_refused_and_nothing_is_left(tmp_path, topology, segments, y, message):
    with pytest.raises(StoreError, match=message):
        write_recordings(tmp_path / "s", topology, {"c": segments}, y, lengths=[5])
    assert list(tmp_path.iterdir()) == []


def drop_from_index(path, *keys):
    for key in keys:
        (path / "index" / f"{key}.npy").unlink()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(segment_ptr=lambda p: p[::-1].copy()), "segment_ptr that never falls, from 0 to 4, found 4 .. 0"),
        (dict(segment_ptr=lambda p: p[:-1]), r"segment_ptr as 4 int64, found int64\(3,\)"),
        (dict(segment_ptr=lambda p: np.array([0, 3, 2, 4])), "segment_ptr that never falls, from 0 to 4"),
        (dict(segment_label=lambda label: label + 1), "segments with labels 0 .. 2, found 1 .. 3"),
        (dict(segment_label=lambda label: label - 1), "segments with labels 0 .. 2, found -1 .. 1"),
        (dict(segment_label=lambda label: label[0]), r"segment_label as 1 int64, found int64\(\)"),
        (dict(segment_end=lambda end: end + 1), "segments within their clips' frames, each ending after its start"),
        (dict(segment_start=lambda start: start - 1), "segments within their clips' frames"),
        (dict(segment_start=lambda start: start + 9), "segments within their clips' frames"),
        (dict(segment_start=lambda start: start.astype(np.int32)), r"segment_start as 4 int64, found int32\(4,\)"),
        (dict(segment_end=lambda end: end[:2]), r"segment_end as 4 int64, found int64\(2,\)"),
        (dict(segment_label=lambda label: label[:0]), "segments where there is a segment_ptr, found none"),
        (dict(y=lambda y: y - 1), "labels -1 .. 2, found -2 .. -2"),
    ],
)
def test_damaged_segments_are_refused(recordings, changes, message):
    change_index(recordings.path, **changes)
    with pytest.raises(StoreError, match=message):
        SkeletonStore.open(recordings.path)


def test_a_part_of_the_segments_is_not_enough(recordings):
    drop_from_index(recordings.path, "segment_ptr", "segment_end")
    with pytest.raises(
        StoreError, match="the index of store '.*s' lacks segment_end, segment_ptr: prepare the store again"
    ):
        SkeletonStore.open(recordings.path)


def test_no_label_without_segments(recordings):
    drop_from_index(recordings.path, "segment_ptr", "segment_label", "segment_start", "segment_end")
    with pytest.raises(StoreError, match="expected labels 0 .. 2, found -1 .. -1"):
        SkeletonStore.open(recordings.path)


def test_a_large_store_opens_at_once(tmp_path, topology):
    """The index of 100,000 clips is what opening reads; the frames, however many, are not."""
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 1, 25, 3)), y=0, name="c0")
        # The rest of the clips, without 100,000 calls: every one holds a single frame.
        count = 100_000
        writer._clips += [(0, -1, -1, -1, 1)] * (count - 1)
        writer._names |= {f"S001C001P{i:06d}": i for i in range(1, count)}
        writer._tracks += [(i, 0, 1) for i in range(1, count)]
        writer._bodies += [1] * (count - 1)
        row = np.ones((count - 1, 25, 3), np.float32)
        writer._append(writer._frames, row)
        writer._append(writer._present, np.ones(count - 1, bool))
        writer._rows = count
    times = []
    for _ in range(3):
        start = time.perf_counter()
        store = SkeletonStore.open(tmp_path / "s")
        times.append(time.perf_counter() - start)
    assert store.num_clips == count and store.name[-1] == f"S001C001P{count - 1:06d}"
    assert min(times) < 1.0  # a loose bound; the measured figure is in docs/speed.md


def test_a_store_larger_than_the_memory_opens(tmp_path, topology):
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 3, 25, 3)), y=0, name="c0")
    rows = 2 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 300
    for name, shape, kind in (("frames", (rows, 25, 3), "<f4"), ("present", (rows,), "|b1")):
        with open(tmp_path / "s" / f"{name}.npy", "r+b") as file:  # the rest is a hole, which takes no space
            np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
            file.truncate(file.tell() + np.prod(shape) * np.dtype(kind).itemsize)
    change_meta(tmp_path / "s", rows=rows)
    assert SkeletonStore.open(tmp_path / "s").clip(0).joints.eq(1).all()


def test_confidence_comes_back_with_its_clip(tmp_path, topology):
    joints = np.ones((2, 4, 25, 3), np.float32)
    mask = np.array([[True] * 4, [False, True, True, False]])
    confidence = np.random.default_rng(0).integers(0, 256, (2, 4, 25)) / 255
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(joints, y=0, name="one", frame_mask=mask, confidence=confidence)
        writer.add(joints, y=0, name="two", frame_mask=mask, confidence=np.where(mask[..., None], confidence, np.nan))
    store = SkeletonStore.open(tmp_path / "s")
    assert store.has_confidence
    expected = torch.from_numpy(confidence * mask[..., None]).float()
    assert torch.allclose(store.clip(0).confidence, expected, atol=1e-6)
    second = SkeletonDataset(store, items="bodies")[1]
    assert torch.allclose(second.confidence, expected[1:, 1:3], atol=1e-6)
    assert not SkeletonStore.open(write(tmp_path / "t", topology, [("one", joints, mask)]).path).has_confidence


@pytest.mark.parametrize(
    "first, second, message",
    [
        (np.ones((1, 4, 24)), None, r"clip 'a': confidence must be \[1, 4, 25\], found \[1, 4, 24\]"),
        (np.full((1, 4, 25), 1.5), None, "body 0, frame 0, joint 'SpineBase' has the confidence 1.5, expected 0 to 1"),
        (np.full((1, 4, 25), np.nan), None, "has the confidence nan, expected 0 to 1"),
        (np.ones((1, 4, 25)), None, "clip 'b' has no confidence of its joints, the clip before it has"),
        (None, np.ones((1, 4, 25)), "clip 'b' has a confidence of its joints, the clip before it has none"),
    ],
)
def test_confidence_that_cannot_be(tmp_path, topology, first, second, message):
    joints = np.ones((1, 4, 25, 3), np.float32)
    with pytest.raises(StoreError, match=message), StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(joints, y=0, name="a", confidence=first)
        writer.add(joints, y=0, name="b", confidence=second)
    assert not list(tmp_path.iterdir())


def test_a_confidence_of_other_frames_is_refused(tmp_path, topology):
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 4, 25, 3)), y=0, name="a", confidence=np.ones((1, 4, 25)))
    np.save(tmp_path / "s" / "confidence.npy", np.ones((3, 25), np.uint8))
    with pytest.raises(StoreError, match=r"expected confidence as uint8 \(4, 25\), found uint8 \(3, 25\)"):
        SkeletonStore.open(tmp_path / "s")


def test_bodies_are_read_as_they_are_stored(store):
    frames, present, confidence = store.read_tracks(3, 6)
    rows = slice(int(store.track_row[3]), int(store.track_row[6]))
    assert np.array_equal(frames, np.load(store.path / "frames.npy")[rows])
    assert np.array_equal(present, np.load(store.path / "present.npy")[rows]) and confidence is None


@pytest.mark.parametrize(
    "key, i, value",
    [("track_first", 3, 2**63 - 1), ("track_row", 3, 2**63 - 1), ("length", 2, -(2**63)), ("length", 2, 2**62)],
)
def test_sums_of_damaged_numbers_do_not_overflow_into_sound_ones(copied, key, i, value):
    set_in_index(copied, key, i, value)
    with pytest.raises(StoreError, match="is inconsistent: expected (bodies within|clips of 0 to)"):
        SkeletonStore.open(copied)


@pytest.mark.parametrize("name", ["frames.npy", "present.npy", "confidence.npy", "index/y.npy"])
def test_a_pipe_is_not_waited_for(copied, name):
    (copied / name).unlink(missing_ok=True)
    os.mkfifo(copied / name)
    with pytest.raises(StoreError, match=f"{name}' is a folder, a pipe or a device, expected a file"):
        SkeletonStore.open(copied)


def test_clips_are_transformed_in_memory(store):
    clips = store.split("xsub", "test")
    seen = []

    def transform(graphs, generator):
        seen.append(graphs.num_graphs)
        out = SkeletonData.from_joints(graphs.joints + 1, graphs.frame_mask.clone())
        out.frame_mask[..., 7] = False  # everybody is lost in frame 7
        out.joints = out.joints * out.frame_mask[..., None, None]
        return out

    changed = store.transformed(clips, transform)
    assert sum(seen) == len(clips)
    for i in clips.tolist():
        before, after = store.clip(i), changed.clip(i)
        there = before.frame_mask.clone()
        there[:, 7] = False
        assert torch.equal(after.frame_mask, there) and after.name == before.name
        assert torch.equal(after.joints, (before.joints + 1) * there[..., None, None])
    batches = [SkeletonDataset(x, "xsub", "test", frames=16).batch(torch.arange(24)) for x in (store, changed)]
    both = batches[1].frame_mask
    assert torch.allclose(batches[1].joints[both], batches[0].joints[both] + 1, atol=1e-6)
    for i in store.split("xsub", "train").tolist():
        assert torch.equal(changed.clip(i).x, store.clip(i).x)
    with pytest.raises(StoreError, match="is read clip by clip or in batches"):
        changed.read_tracks(0, 1)


def test_a_transformed_store_has_a_hash_of_its_own(store):
    clips = torch.arange(8)
    first, again, other = (store.transformed(clips, RandomJitter(0.1), seed) for seed in (0, 0, 1))
    assert torch.equal(first.clip(3).x, again.clip(3).x) and not torch.equal(first.clip(3).x, other.clip(3).x)
    hashes = {x.content_hash for x in (store, first, other, store.transformed(clips, RandomJitter(0.2)))}
    assert first.content_hash == again.content_hash and len(hashes) == 4
