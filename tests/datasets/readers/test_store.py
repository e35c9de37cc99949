from __future__ import annotations

import shutil

import numpy as np
import pytest
import yaml

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.store import read_store
from skgraph.errors import DataError, StoreError
from skgraph.topology import Topology
from tests.stored_index import set_in_index

NTU = Topology.load("ntu_rgbd")


@pytest.fixture
def path(tmp_path):
    """Recordings: one body that comes late and has a gap, two bodies, and one with segments but no label."""
    rng = np.random.default_rng(0)
    with StoreWriter(
        tmp_path / "first",
        NTU,
        ["sit", "stand"],
        source="made up",
        preprocessing="centred",
        notes=["by hand"],
        fps=25,
        dtype="float16",
    ) as writer:
        for i, (bodies, frames) in enumerate([(1, 7), (2, 5), (1, 4), (1, 4)]):
            mask = np.ones((bodies, frames), bool)
            if i == 0:
                mask[0, [0, 1, 3]] = False
            if i == 1:
                mask[1, 3:] = False
            writer.add(
                rng.normal(size=(bodies, frames, 25, 3)),
                y=-1 if i == 2 else i % 2,
                name=f"c{i}",
                frame_mask=mask,
                confidence=rng.integers(0, 256, (bodies, frames, 25)) / 255,
                subject=i // 2,
                camera=-1,
                setup=3,
                segments=[[1, 0, 2], [0, 1, 4]] if i == 2 else None,
            )
        writer.add_split("xsub", [0, 1], [2, 3], "subject 0 trains")
        writer.add_split("mine", [3], [0, 1])  # c2 is in neither part
        writer.exclude("c9", "damaged")
    assert SkeletonStore.open(tmp_path / "first").excluded == {"c9": "damaged"}
    return tmp_path / "first"


def test_a_copy_is_the_same_store(path, tmp_path):
    raw = read_store(path)
    assert (raw.fps, raw.units, raw.source, raw.preprocessing, raw.camera) == (25, "m", "made up", "centred", None)
    write_store(raw, tmp_path / "copy", dtype="float16", check_height=False)
    before, after = SkeletonStore.open(path), SkeletonStore.open(tmp_path / "copy")
    assert after.content_hash == before.content_hash  # frames, labels, ids, names, splits, segments
    for key in ("source", "preprocessing", "splits", "units", "fps", "class_names", "dtype"):
        assert after.meta[key] == before.meta[key], key
    assert after.meta["notes"] == ["by hand", "1 clips were left out before: excluded.csv of 'first' lists them"]
    for i in range(before.num_clips):
        assert after.clip(i).confidence.equal(before.clip(i).confidence)
        assert after.segments(i).equal(before.segments(i))


def test_clips(path):
    store = SkeletonStore.open(path)
    for i, clip in enumerate(read_store(path).clips()):
        wanted = store.clip(i)
        assert np.array_equal(clip.joints, wanted.joints) and np.array_equal(clip.frame_mask, wanted.frame_mask)
        np.testing.assert_allclose(clip.confidence, wanted.confidence, atol=1e-7)


def test_divides_anew(path, tmp_path):
    write_store(read_store(path), tmp_path / "new", split={"by": "subject", "train": [1]}, check_height=False)
    store = SkeletonStore.open(tmp_path / "new")
    assert store.splits() == ["xsub"] and store.split("xsub", "train").tolist() == [2, 3]


def test_replaces_itself(path):
    before = SkeletonStore.open(path).clip(1).joints
    write_store(read_store(path), path, overwrite=True, check_height=False)
    store = SkeletonStore.open(path)
    assert store.meta["dtype"] == "float32" and store.clip(1).joints.equal(before)


def test_lengths_become_metres(path, tmp_path):
    text = (path / "meta.yaml").read_text()
    (path / "meta.yaml").write_text(text.replace("units: m\n", "units: cm\n"))
    write_store(read_store(path), tmp_path / "metres", check_height=False)
    store = SkeletonStore.open(tmp_path / "metres")
    assert (store.meta["units"], store.meta["preprocessing"]) == ("m", "centred; cm to m")
    assert store.clip(3).joints.allclose(SkeletonStore.open(path).clip(3).joints / 100)


def test_a_description_without_what_is_not_needed(path):
    meta = yaml.safe_load((path / "meta.yaml").read_text())
    for key in ("source", "notes", "preprocessing", "fps", "units"):
        del meta[key]
    (path / "meta.yaml").write_text(yaml.safe_dump(meta, sort_keys=False))
    raw = read_store(path)
    assert (raw.source, raw.preprocessing, raw.fps, raw.units, len(raw.notes)) == ("first", "", 30, "m", 1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: shutil.rmtree(path), "no store at '.*first': expected a folder with meta.yaml"),
        (lambda path: (path / "meta.yaml").write_text("["), "meta.yaml' is not readable YAML"),
        (
            lambda path: (path / "index" / "y.npy").unlink(),
            "the index of store '.*first' lacks y: prepare the store again",
        ),
        (lambda path: (path / "frames.npy").write_bytes(b"\x93NUMPY"), "frames.npy' is missing, truncated or not"),
        (lambda path: (path / "excluded.csv").write_bytes(b"name,reason\n\xff,a\n"), "excluded.csv' cannot be read"),
    ],
)
def test_damaged_stores(path, damage, message):
    damage(path)
    with pytest.raises(DataError, match=message) as error:
        read_store(path)
    assert isinstance(error.value, StoreError) or "excluded" in message


def test_numbers_that_are_none_are_found(path, tmp_path):
    frames = np.load(path / "frames.npy", mmap_mode="r+")
    frames[-1, 3, 0] = np.nan
    frames.flush()
    with pytest.raises(DataError, match=r"clip 'c3': body 0, frame 3, joint 'Head' is \[nan.*expected finite"):
        write_store(read_store(path), tmp_path / "new", check_height=False, topology_map="coco_17")
    assert not (tmp_path / "new").exists()


def test_a_clip_that_says_it_is_longer_than_any(path, tmp_path):
    set_in_index(path, "length", 0, 10**9)
    with pytest.raises(
        DataError, match="clip 'c0' of '.*first' has 1 bodies in 1000000000 frames, expected a clip of at"
    ):
        write_store(read_store(path), tmp_path / "second")
    assert not (tmp_path / "second").exists()
