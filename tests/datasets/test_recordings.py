from __future__ import annotations

import os

import numpy as np
import pytest

from skgraph.datasets.recordings import open_as_store, open_recordings
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


def clip(frames=20, joints=25, dim=3, seed=0):
    return 0.3 * np.random.default_rng(seed).normal(size=(frames, joints, dim)).astype(np.float32)


def test_a_store_is_opened_as_it_is(store_path, store, topology, tmp_path):
    assert open_recordings(store_path, topology, None, tmp_path / "s").content_hash == store.content_hash
    assert not (tmp_path / "s").exists()


def test_one_clip_and_a_folder_of_clips(topology, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    np.save(folder / "b.npy", 1000 * clip(30))
    two = np.stack([clip(10), np.zeros((10, 25, 3), np.float32)])
    np.save(folder / "a.npy", two)
    one = open_recordings(folder / "b.npy", topology, "mm", tmp_path / "one")
    assert one.name.tolist() == ["b"] and np.allclose(one.clip(0).joints[0], clip(30), atol=1e-5)
    np.save(folder / "b.npy", clip(30))
    both = open_recordings(folder, topology, None, tmp_path / "both")
    assert both.name.tolist() == ["a", "b"] and both.length.tolist() == [10, 30] and both.body_ptr.tolist() == [0, 1, 2]


def test_an_npz_needs_no_labels(topology, tmp_path):
    x = np.stack([clip(15)], axis=1)
    np.savez(tmp_path / "r.npz", x=x, offsets=[0, 5, 15], name=["p", "q"], unit="m", fps=25)
    store = open_recordings(tmp_path / "r.npz", topology, None, tmp_path / "s")
    assert store.name.tolist() == ["p", "q"] and store.meta["fps"] == 25 and store.class_names == ["unlabelled"]


def test_labels_are_kept_where_they_are_wanted(topology, tmp_path):
    about = {"y": [1, 0], "class_names": ["sit", "stand"], "subject": [7, 9], "split": ["test", "train"]}
    np.savez(
        tmp_path / "r.npz",
        x=np.stack([clip(15)], axis=1),
        offsets=[0, 5, 15],
        name=["p", "q"],
        unit="m",
        fps=25,
        **about,
    )
    store = open_recordings(tmp_path / "r.npz", topology, None, tmp_path / "s", labelled=True)
    assert store.y.tolist() == [1, 0] and store.subject.tolist() == [7, 9] and store.class_names == ["sit", "stand"]
    assert store.split("given", "train").tolist() == [1]
    folder = tmp_path / "clips"
    folder.mkdir()
    np.save(folder / "a.npy", clip(10))
    (folder / "labels.csv").write_text("name,label\na,jump\n")
    assert open_recordings(folder, topology, None, tmp_path / "t", labelled=True).class_names == ["jump"]
    assert open_recordings(folder, topology, None, tmp_path / "u").class_names == ["unlabelled"]


def test_errors(topology, tmp_path):
    for source in ("nowhere", "nowhere.npy", "clip.bvh"):
        with pytest.raises(DataError, match="expected a store, a .npz, a .npy or a folder of .npy clips"):
            open_recordings(tmp_path / source, topology, None, tmp_path / "s")
    (tmp_path / "mocap").mkdir()
    for content, found, dataset in (
        (None, "a folder without files", "NAME"),
        ("README", "a folder of plain files", "NAME"),
        ("walk.bvh", "a folder of .bvh, plain files", "bvh"),
    ):
        if content:
            (tmp_path / "mocap" / content).touch()
        message = f"folder of .npy clips, found {found}; `python -m skgraph.prepare dataset={dataset} .* makes a store"
        with pytest.raises(DataError, match=message):
            open_recordings(tmp_path / "mocap", topology, None, tmp_path / "s")
    with pytest.raises(
        DataError, match=r"found a .bvh file; `python -m skgraph.prepare dataset=bvh source=\.\.\. out="
    ):
        open_recordings(tmp_path / "mocap" / "walk.bvh", topology, None, tmp_path / "s")
    (tmp_path / "mocap" / "a.npy").mkdir()
    with pytest.raises(DataError, match="a.npy' is a folder, expected a file"):
        open_recordings(tmp_path / "mocap", topology, None, tmp_path / "s")
    np.save(tmp_path / "zero.npy", np.zeros((5, 25, 3)))
    with pytest.raises(DataError, match="the recording 'zero' of .* is zero throughout"):
        open_recordings(tmp_path / "zero.npy", topology, None, tmp_path / "s")
    np.save(tmp_path / "short.npy", clip(joints=20))
    with pytest.raises(DataError, match="short.npy' has 20 joints in 3D, topology 'ntu_rgbd' has 25 in 3D"):
        open_recordings(tmp_path / "short.npy", topology, None, tmp_path / "s")
    with pytest.raises(ConfigError, match="need a unit"):
        open_recordings(tmp_path / "zero.npy", Topology.load("coco_17"), None, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_frames_a_second_of_npy_clips(tmp_path, topology):
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).normal(size=(1, 8, 25, 3)))
    opened = open_recordings(tmp_path / "mine.npy", topology, None, tmp_path / "a", check_height=False, fps=15)
    assert opened.meta["fps"] == 15
    with pytest.raises(ConfigError, match="fps must be positive, found 0"):
        open_recordings(tmp_path / "mine.npy", topology, None, tmp_path / "b", check_height=False, fps=0)
    with pytest.raises(ConfigError, match="fps=15 is for .npy clips: '.*' has its own"):
        open_recordings(tmp_path / "a", topology, None, tmp_path / "b", fps=15)


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}'( is a pipe or a device,|:) expected a"):
        open_as_store(tmp_path / name, "ntu_rgbd", None, tmp_path / "scratch")
