from __future__ import annotations

import json
import os

import numpy as np
import pytest

from skgraph.datasets.recordings import open_recordings, recordings_note, recordings_options
from skgraph.errors import ConfigError, DataError
from tests.datasets.bvh_files import BODY, bvh


def clip(frames=20, joints=25, dim=3, seed=0):
    return 0.3 * np.random.default_rng(seed).normal(size=(frames, joints, dim)).astype(np.float32)


def landmarks(frames=5):
    return [
        [dict(zip("xyz", map(float, joint), strict=True), visibility=0.5) for joint in frame]
        for frame in clip(frames, 33)
    ]


def test_a_store_is_opened_as_it_is(store_path, store, tmp_path):
    assert open_recordings(store_path, tmp_path / "s").content_hash == store.content_hash
    assert open_recordings(store, tmp_path / "s") is store
    assert not (tmp_path / "s").exists()
    for key, value in {"topology": "coco_17", "unit": "m", "fps": 15, "read": {"world": False}}.items():
        for source in (store_path, store):
            with pytest.raises(ConfigError, match="is for recordings in files: the store '.*' has its own"):
                open_recordings(source, tmp_path / "s", **{key: value})


def test_one_clip_and_a_folder_of_clips(topology, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    np.save(folder / "b.npy", 1000 * clip(30))
    two = np.stack([clip(10), np.zeros((10, 25, 3), np.float32)])
    np.save(folder / "a.npy", two)
    one = open_recordings(folder / "b.npy", tmp_path / "one", topology=topology, unit="mm")
    assert one.name.tolist() == ["b"] and np.allclose(one.clip(0).joints[0], clip(30), atol=1e-5)
    assert recordings_note(one) == "source: b.npy, read as dataset=npy in mm" and not one.splits()
    np.save(folder / "b.npy", clip(30))
    both = open_recordings(folder, tmp_path / "both", default_topology=topology, fps=15)
    assert both.name.tolist() == ["a", "b"] and both.length.tolist() == [10, 30] and both.body_ptr.tolist() == [0, 1, 2]
    assert both.meta["fps"] == 15


def test_an_npz_needs_no_labels(topology, tmp_path):
    x = np.stack([clip(15)], axis=1)
    np.savez(tmp_path / "r.npz", x=x, offsets=[0, 5, 15], name=["p", "q"], unit="m", fps=25)
    store = open_recordings(tmp_path / "r.npz", tmp_path / "s", topology=topology)
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
    store = open_recordings(tmp_path / "r.npz", tmp_path / "s", topology=topology, labelled=True)
    assert store.y.tolist() == [1, 0] and store.subject.tolist() == [7, 9] and store.class_names == ["sit", "stand"]
    assert store.split("given", "train").tolist() == [1]
    folder = tmp_path / "clips"
    folder.mkdir()
    np.save(folder / "jump_a.npy", clip(10))
    names = {"topology": topology, "labelled": True}
    by_name = {"read": {"labels": "{action}_{take}"}}
    assert open_recordings(folder, tmp_path / "n", **names, **by_name).class_names == ["jump"]
    assert open_recordings(folder, tmp_path / "o", **names).class_names == ["unlabelled"]
    (folder / "labels.csv").write_text("name,label\njump_a,hop\n")
    assert open_recordings(folder, tmp_path / "t", **names).class_names == ["hop"]
    assert open_recordings(folder, tmp_path / "u", topology=topology).class_names == ["unlabelled"]


def test_formats_bring_their_topology_and_options(tmp_path):
    (tmp_path / "me.json").write_text(json.dumps(landmarks()))
    store = open_recordings(tmp_path / "me.json", tmp_path / "world")
    assert (store.topology.name, store.topology.dim, store.num_clips) == ("mediapipe_33", 3, 1)
    image = open_recordings(tmp_path / "me.json", tmp_path / "image", read={"world": False}, fps=25)
    assert (image.topology.dim, image.meta["fps"], image.meta["units"]) == (2, 25, "normalised")
    assert image.meta["source"] == "me.json, read as dataset=mediapipe in normalised"


@pytest.mark.parametrize(("scale", "unit"), [(0.01, "m"), (1, "cm"), (10, "mm")])
def test_files_without_a_unit_have_that_of_people(tmp_path, scale, unit):
    body = {
        joint: (parent, " ".join(f"{scale * float(x):g}" for x in offset.split()))
        for joint, (parent, offset) in BODY.items()
    }
    (tmp_path / "walk.bvh").write_text(bvh([{}, {"Hips": (0, 1, 0)}], body))
    store = open_recordings(tmp_path / "walk.bvh", tmp_path / "s", check_height=True)
    assert recordings_note(store) == "source: walk.bvh, read as dataset=bvh" + (f" in {unit}" if unit != "m" else "")


def test_empty_recordings_are_left_out_and_named(tmp_path, topology):
    np.save(tmp_path / "a.npy", clip())
    np.save(tmp_path / "b.npy", np.zeros((5, 25, 3)))
    store = open_recordings(tmp_path, tmp_path / "s", dataset="npy", topology=topology)
    assert store.name.tolist() == ["a"] and recordings_note(store).endswith("; 1 left out: b (all zero)")
    with pytest.raises(DataError, match="none of the 1 clips of 'b.npy' can be used: 1 all zero"):
        open_recordings(tmp_path / "b.npy", tmp_path / "t", topology=topology)
    assert not (tmp_path / "t").exists()


def test_errors(topology, tmp_path):
    np.save(tmp_path / "short.npy", clip(joints=20))
    for message, options in (
        ("dataset must be one of asf_amc, bvh, .*, found 'words'", {"dataset": "words"}),
        ("dataset must be one of asf_amc, bvh, .*, found 'shares'", {"dataset": "shares"}),
        ("read must be a mapping or null, found 'world'", {"read": "world"}),
        ("dataset=npy has no topology: say topology=..., a file or one of cmu_31", {}),
        ("dataset=npy has no option world: expected one of fps, labelled, labels, topology", {"read": {"world": True}}),
        ("short.npy' has 20 joints in 3D, topology 'ntu_rgbd' has 25 in 3D", {"topology": "ntu_rgbd"}),
        ("clips of the 2D topology 'coco_17' need a unit", {"topology": "coco_17"}),
        ("fps must be a positive number of frames a second, found 0", {"topology": "kinect_v1", "fps": 0.0}),
    ):
        with pytest.raises(DataError, match=message):
            open_recordings(tmp_path / "short.npy", tmp_path / "s", **options)
    with pytest.raises(ConfigError, match=r"source must be a word or a path or SkeletonStore, found '\[\[\[") as error:
        open_recordings(clip(), tmp_path / "s")
    assert len(str(error.value)) < 400
    assert not (tmp_path / "s").exists()


def test_options_of_commands():
    config = {"topology": 2024, "unit": None, "fps": 30, "read": {"dataset": "bvh", "up": "z"}, "window": 3}
    expected = {"dataset": "bvh", "topology": "2024", "unit": None, "fps": 30, "read": {"up": "z"}}
    assert recordings_options(config) == expected
    with pytest.raises(ConfigError, match="fps must be a number or null, found 'fast'"):
        recordings_options(config | {"fps": "fast"})
    with pytest.raises(ConfigError, match="read must be a mapping or null, found 'world'"):
        recordings_options(config | {"read": "world"})


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}'"):
        open_recordings(tmp_path / name, tmp_path / "scratch", topology="ntu_rgbd")
