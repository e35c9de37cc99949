from __future__ import annotations

import mmap
import os
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter, join_shares
from skgraph.data.rows import MappedRows
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.raw_dataset import RawClip, RawDataset, Split
from skgraph.errors import StoreError
from skgraph.topology import Topology
from skgraph.transforms import RandomJitter
from tests.stored_index import set_in_index

COUNT, SHARES = 17, 4


def clip(i: int) -> RawClip:
    """A clip of one or two bodies; the second comes late and has a gap."""
    generator = np.random.default_rng(i)
    joints = generator.normal(size=(1 + i % 2, 6 + i % 5, 25, 3)).astype(np.float32)
    mask = np.ones(joints.shape[:2], bool)
    mask[1:, [0, 3]] = False
    confidence, excluded = generator.random(joints.shape[:3]), "nobody" if i in (3, 9) else ""
    identity = np.arange(len(joints)) + 10 * i if i > 12 else None  # in the last share alone
    return RawClip(joints, mask, confidence, excluded, identity=identity)


def raw(**changes) -> RawDataset:
    of_split = {"late": np.arange(COUNT) >= 12, "even": np.arange(COUNT) % 2 == 0}
    dataset = RawDataset(
        topology=Topology.load("ntu_rgbd"),
        class_names=["a", "b"],
        name=[f"clip {i}" + "é" * (i % 3) for i in range(COUNT)],
        y=np.arange(COUNT) % 3 - 1,
        clips=lambda part: map(clip, range(COUNT)[part]),
        unit="m",
        fps=25.0,
        source="made up",
        subject=np.array([f"P{i % 4}" for i in range(COUNT)]),
        splits=[Split(name, train, f"{name} train") for name, train in of_split.items()],
        segments=[np.array([[i % 2, 0, 3]] * (i % 3), int).reshape(-1, 3) for i in range(COUNT)],
        notes=["a note"],
    )
    return replace(dataset, **changes)


def write_shares(folder, dataset=None, of=SHARES, **options):
    for number in range(1, of + 1):
        write_store(dataset or raw(), folder / str(number), check_height=False, share=f"{number}/{of}", **options)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> SkeletonStore:
    return SkeletonStore.open(write_store(raw(), tmp_path_factory.mktemp("whole") / "s", check_height=False).path)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return write_shares(tmp_path_factory.mktemp("shares"))


@pytest.fixture
def shares(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "shares")


@pytest.fixture
def joined(shares, tmp_path) -> SkeletonStore:
    return join_shares(shares, tmp_path / "joined")


def test_joined_shares_are_the_whole_store(whole, joined):
    assert joined.num_clips == COUNT - 2 and joined.name.tolist() == whole.name.tolist()
    for key in (
        "y",
        "subject",
        "camera",
        "setup",
        "length",
        "body_ptr",
        "track_row",
        "track_first",
        "track_length",
        "identity",
    ):
        assert torch.equal(getattr(joined, key), getattr(whole, key)), key
    assert joined.splits() == whole.splits() == ["late", "even"]
    assert all(torch.equal(joined.sides(split), whole.sides(split)) for split in whole.splits())
    assert joined.excluded == whole.excluded == {"clip 3": "nobody", "clip 9": "nobody"}
    for i in range(whole.num_clips):
        one, other = joined.clip(i), whole.clip(i)
        assert torch.equal(one.joints, other.joints) and torch.equal(one.frame_mask, other.frame_mask)
        assert torch.equal(one.confidence, other.confidence)
        assert torch.equal(joined.segments(i), whole.segments(i))
    same = set(whole.meta) - {"content_hash"}
    assert {key: joined.meta[key] for key in same} == {key: whole.meta[key] for key in same}


def test_batches_of_several_files_are_those_of_one(whole, joined):
    for items in ("clips", "bodies"):
        batches = []
        for store in (whole, joined):
            dataset, generator = SkeletonDataset(store, items=items, frames=5, crop=(0.5, 1)), torch.Generator()
            order = torch.randperm(len(dataset), generator=generator.manual_seed(0))
            batches.append(dataset.batch(order, generator))
        assert torch.equal(batches[0].x, batches[1].x) and torch.equal(batches[0].frame_mask, batches[1].frame_mask)
    for some in ((0, len(whole.track_row)), (3, 9)):
        for one, other in zip(whole.read_tracks(*some), joined.read_tracks(*some), strict=True):
            assert np.array_equal(one, other)


def test_the_frames_are_not_copied(shares, joined):
    for k in range(1, SHARES + 1):
        for name in ("frames", "present", "confidence"):
            assert os.path.samefile(shares / str(k) / f"{name}.npy", joined.path / f"{name}-{k}.npy")
    before = joined.clip(7)
    shutil.rmtree(shares)
    assert torch.equal(SkeletonStore.open(joined.path).clip(7).x, before.x)


def test_without_links_the_frames_are_copied(whole, shares, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    joined = join_shares(shares, tmp_path / "joined")
    assert not os.path.samefile(shares / "1" / "frames.npy", joined.path / "frames-1.npy")
    assert torch.equal(joined.clip(14).x, whole.clip(14).x)


def test_a_file_is_mapped_when_it_is_read(joined):
    frames = joined._frames
    assert isinstance(frames, MappedRows) and [x is not None for x in frames._mapped] == [True, False, False, False]
    joined.clip(joined.num_clips - 1)
    assert [x is not None for x in frames._mapped] == [True, False, False, True]
    assert joined.nbytes == joined.meta["rows"] * 75 * 4
    assert joined.to("cpu")._frames is frames  # not read into memory


@pytest.mark.parametrize("files", [1, SHARES])
def test_the_system_is_told_which_rows_a_batch_needs(whole, joined, files):
    store = SkeletonStore.open((whole if files == 1 else joined).path)
    told = []

    class Memory:
        def madvise(self, how, start, size):
            told.append((how, start, size))

    store.gather(torch.arange(len(store.track_row)), torch.zeros(len(store.track_row), 1))  # maps all files
    frames = store._frames
    assert set(frames._memory) == set(range(files))
    frames._memory = {k: (Memory(), offset) for k, (_, offset) in frames._memory.items()}
    track = 9
    store.gather(torch.tensor([track]), store.track_first[track] + torch.tensor([[0.5, 2.5]]))
    first = int(store.track_row[track])
    before = max([0, *(end for end in frames.files.ends.tolist() if end <= first)])
    start, end = (128 + (row - before) * 300 for row in (first, first + 4))  # frames 0 to 3, after the header
    page = mmap.PAGESIZE
    assert told == [(mmap.MADV_WILLNEED, start // page * page, end - start // page * page)]


def test_rows_far_apart_are_not_read_with_all_between_them(tmp_path, topology):
    with StoreWriter(tmp_path / "s", topology, ["a"]) as writer:
        writer.add(np.ones((1, 5000, 25, 3)), y=0, name="an hour")
    frames = SkeletonStore.open(tmp_path / "s")._frames
    told = []
    frames._memory[0] = SimpleNamespace(madvise=lambda how, start, size: told.append(size)), 128
    frames.select(torch.tensor([[0, 2500, 4999]]), torch.tensor([[1, 2501, 4999]]))
    assert told == []
    frames.select(torch.tensor([[7, 17, 27]]))
    assert len(told) == 1


def test_all_rows_on_a_device(whole, joined):
    moved = joined.to("meta")  # a device without memory: shapes are what can be seen
    rows = whole.meta["rows"]
    assert moved._frames.shape == (rows, 75) and moved._present.shape == (rows,) and moved.device.type == "meta"
    assert (moved._frames.dtype, moved._present.dtype) == (torch.float32, torch.bool)


def test_clips_of_several_files_are_transformed_in_memory(whole, joined):
    clips = torch.tensor([1, 6, 14])
    one, other = (store.transformed(clips, RandomJitter(0.1), seed=3) for store in (whole, joined))
    for i in range(whole.num_clips):
        assert torch.equal(one.clip(i).x, other.clip(i).x)
        assert torch.equal(one.clip(i).x, whole.clip(i).x) == (i not in clips)
    assert torch.equal(joined.clip(6).x, whole.clip(6).x)


def test_a_split_without_training_clips_in_any_share_is_left_out(tmp_path):
    late = Split("late", np.isin(np.arange(COUNT), [3, 9]), "the excluded ones")
    dataset = raw(splits=[late, *raw().splits[1:]])
    assert join_shares(write_shares(tmp_path / "shares", dataset), tmp_path / "joined").splits() == ["even"]


def test_one_share_is_a_plain_store(whole, tmp_path):
    joined = join_shares([write_shares(tmp_path / "shares", of=1) / "1"], tmp_path / "joined")
    assert (joined.path / "frames.npy").exists() and torch.equal(joined.clip(5).x, whole.clip(5).x)


def test_shares_that_do_not_belong_together(shares, whole, tmp_path):
    def problem(*folders):
        with pytest.raises(StoreError) as error:
            join_shares(folders, tmp_path / "joined")
        assert not (tmp_path / "joined").exists()
        return str(error.value)

    every = [shares / str(k) for k in range(1, SHARES + 1)]
    assert problem(*every[1:3]) == "2 of 4 shares are missing: 1/4, 4/4"
    assert problem(*every, every[2]).startswith(f"the share 3/4 is there more than once: {every[2]}, ")
    assert "is a whole store, expected a share of one" in problem(*every[:3], whole.path)
    other = write_shares(tmp_path / "names", raw(name=[f"other {i}" for i in range(COUNT)]))
    assert "are shares of different datasets" in problem(*every[:3], other / "4")
    other = write_shares(tmp_path / "half", dtype="float16")
    assert problem(*every[:3], other / "4").endswith("differ in their dtype")
    other = write_shares(tmp_path / "five", of=5)
    assert "are shares of different datasets: the number of shares" in problem(*every[:3], other / "4")
    plain = raw(clips=lambda part: (replace(clip(i), confidence=None) for i in range(COUNT)[part]))
    other = write_shares(tmp_path / "plain", plain)
    assert "one has confidence, the other has none" in problem(*every[:3], other / "4")
    with pytest.raises(StoreError, match="no share in '.*elsewhere'"):
        join_shares(tmp_path / "elsewhere", tmp_path / "joined")


def test_a_damaged_share_is_refused(shares, tmp_path):
    (shares / "2" / "present.npy").unlink()
    with pytest.raises(StoreError, match="present.npy' is missing"):
        join_shares(shares, tmp_path / "joined")
    assert not (tmp_path / "joined").exists()


def test_an_existing_store_is_not_replaced_unasked(shares, joined):
    with pytest.raises(StoreError, match="exists already"):
        join_shares(shares, joined.path)
    assert join_shares(shares, joined.path, overwrite=True).num_clips == joined.num_clips


def test_damaged_files_of_a_joined_store(whole, joined):
    set_in_index(joined.path, "track_row", 2, joined.meta["shards"][0] - 1)
    with pytest.raises(StoreError, match="expected each body within one of 4 files"):
        SkeletonStore.open(joined.path)
    set_in_index(joined.path, "track_row", 2, int(whole.track_row[2]))
    (joined.path / "frames-3.npy").unlink()
    with pytest.raises(StoreError, match="lacks 1 of its files: frames-3.npy"):
        SkeletonStore.open(joined.path)
    np.save(joined.path / "frames-3.npy", np.zeros((5, 25, 3), np.float32))
    opened = SkeletonStore.open(joined.path)
    with pytest.raises(
        StoreError, match=r"expected frames-3 as float32 or float16 \(\d+, 25, 3\), found .*\(5, 25, 3\)"
    ):
        opened.clip(9)


def test_a_share_says_what_it_is(shares):
    meta = yaml.safe_load((shares / "2" / "meta.yaml").read_text())
    assert (meta["share"]["number"], meta["share"]["of"]) == (2, 4)
    assert SkeletonStore.open(shares / "1").sides("late").tolist() == [1, 1, 1]  # no training clip here
