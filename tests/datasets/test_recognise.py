from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from skgraph.datasets.recognise import recognise
from skgraph.errors import DataError


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("a.bvh", "bvh"),
        ("a.BVH", "bvh"),
        ("a.npy", "npy"),
        ("S001.skeleton", "ntu60"),
        ("a.pkl", "pyskl"),
        ("a.csv", "mediapipe"),
    ],
)
def test_suffixes(tmp_path, name, dataset):
    (tmp_path / name).touch()
    assert recognise(tmp_path / name) == dataset == recognise(tmp_path)


@pytest.mark.parametrize(
    ("content", "dataset"),
    [
        ({"version": 1.3, "people": [{"pose_keypoints_2d": [0.5]}]}, "openpose"),
        ([[{"x": 0.1, "y": 0.2, "z": 0, "visibility": 1}]], "mediapipe"),
        ([{"x": 0.1, "y": 0.2, "z": 0}], "mediapipe"),
        ([{"NOSE": [0.1, 0.2, 0]}], "mediapipe"),
        ([{"image_id": "a.jpg", "category_id": 1, "keypoints": [1, 2, 0.5]}], "coco_keypoints"),
        ({"meta_info": {}, "instance_info": []}, "coco_keypoints"),
        ([{"frame_index": 1, "poseWorldLandmarks": []}], "mediapipe"),
        ([[{"keypoints": [], "keypoints3D": []}]], "mediapipe"),
        ([[{"box": {}, "keypoints": {"x": [1], "y": [2], "visible": [0.5]}, "track_id": 1}]], "yolo"),
        ([json.dumps([{"keypoints": {"x": [1], "y": [2], "visible": [0.5]}}])], "yolo"),  # of `to_json`
        ({"data": [{"frame_index": 1, "skeleton": []}], "label": "jump"}, "kinetics_skeleton"),
        ({"file_name": "a01_s01_e00_v01", "skeletons": [], "label": 1}, "nw_ucla"),
    ],
)
def test_keys_of_json(tmp_path, content, dataset):
    (tmp_path / "clip.json").write_text(json.dumps(content))
    (tmp_path / "labels.csv").write_text("name,label\nclip,jump\n")
    assert recognise(tmp_path / "clip.json") == dataset == recognise(tmp_path)


def test_keys_of_json_lines(tmp_path):
    (tmp_path / "clip.jsonl").write_text('{"frame": 0, "landmarks": []}\n')
    assert recognise(tmp_path) == "mediapipe"


def test_texts(tmp_path):
    box = "0 0.512695 0.488037 0.254557 1"
    for text in (f"{box} {' 0.5 0.25 0.9' * 17}", f"{box} {' 0.5 0.25' * 17} 0.97\n{box}"):
        (tmp_path / "clip_1.txt").write_text(text)
        assert recognise(tmp_path / "clip_1.txt") == recognise(tmp_path) == "yolo"
    for text in (box, "0.1 0.2 0.3 1 " * 37, "# 17 joints of each person\n"):  # boxes alone, PKU-MMD
        (tmp_path / "clip_1.txt").write_text(text)
        with pytest.raises(DataError, match=r"is not known: .*; found \.txt"):
            recognise(tmp_path)
    (tmp_path / "a01_s01_e01_skeleton3D.txt").touch()
    assert recognise(tmp_path) == "msr_action3d"


def test_archives(tmp_path):
    np.savez(tmp_path / "ragged.npz", x=0, offsets=0)
    np.savez(tmp_path / "NTU60_CS.npz", x_train=0, y_train=0)
    with zipfile.ZipFile(tmp_path / "nturgbd.zip", "w") as archive:
        archive.writestr("skeletons/S001C001P001R001A001.skeleton", "")
    names = ("ragged.npz", "NTU60_CS.npz", "nturgbd.zip")
    assert [recognise(tmp_path / name) for name in names] == ["npz", "ctrgcn", "ntu60"]


def test_a_store(store_path):
    assert recognise(store_path) == "store"


def test_unknown_formats(tmp_path):
    with pytest.raises(DataError, match="no recordings at '.*nowhere': expected a store, or files"):
        recognise(tmp_path / "nowhere")
    with pytest.raises(DataError, match="format of '.*' is not known: say dataset=NAME.*; found no file"):
        recognise(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match=r"; found \.txt"):
        recognise(tmp_path)
    (tmp_path / "a.bvh").touch()
    (tmp_path / "b.npy").touch()
    with pytest.raises(DataError, match="; found files of bvh and npy"):
        recognise(tmp_path)
