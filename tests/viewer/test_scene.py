from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.errors import DataError
from skgraph.recognition.timeline import Timeline
from skgraph.recognition.timeline_files import save_timelines
from skgraph.topology import Topology
from skgraph.viewer.scene import (
    Layer,
    Recognised,
    Segment,
    ViewedClip,
    clip_of_store,
    front,
    motion_layer,
    read_predictions,
)

THERE = np.ones((1, 5), bool)


def standing(topology, turn=0.0, up="y"):
    """A body that faces +z, or is turned to the left, with its left side at +x and its head up."""
    rest = torch.zeros(25, 3)
    names = topology.joints
    for name, place in {
        "SpineShoulder": (0, 1.4, 0),
        "SpineMid": (0, 1.2, 0),
        "Head": (0, 1.7, 0),
        "ShoulderLeft": (0.2, 1.4, 0),
        "ShoulderRight": (-0.2, 1.4, 0),
        "HipLeft": (0.1, 1, 0),
        "HipRight": (-0.1, 1, 0),
        "SpineBase": (0, 1, 0),
    }.items():
        rest[names.index(name)] = torch.tensor(place).float()
    c, s = np.cos(turn), np.sin(turn)
    rest = rest @ torch.tensor([[c, 0, -s], [0, 1, 0], [s, 0, c]]).float()
    return (rest[:, [0, 2, 1]] * torch.tensor([1, -1, 1]) if up == "z" else rest).numpy()


def viewed(*bodies):
    joints = np.stack([np.repeat(body[None], 5, 0) for body in bodies]).astype(np.float32)
    return ViewedClip("c", "", 30.0, joints, np.ones((len(bodies), 5), bool))


def test_speed_of_a_joint_that_moves_evenly():
    joints = np.zeros((1, 5, 2, 3))
    joints[0, :, 1, 0] = np.arange(5) * 0.1
    speed = motion_layer(joints, THERE, fps=20).values
    assert np.allclose(speed[0, :, 1], 2.0) and np.allclose(speed[0, :, 0], 0)


def test_speed_does_not_reach_over_gaps():
    joints = np.random.default_rng(0).normal(size=(1, 5, 2, 3))
    there = np.array([[True, True, False, True, True]])
    speed = motion_layer(joints * there[..., None, None], there, fps=1).values
    assert np.allclose(speed[0, 1], np.linalg.norm(joints[0, 1] - joints[0, 0], axis=-1)) and (speed[0, 2] == 0).all()
    assert motion_layer(joints[:, :1], there[:, :1], fps=30).values.tolist() == [[[0, 0]]]


@pytest.mark.parametrize("turn", [0, 0.7, 3.0])
def test_one_body_is_seen_from_the_front(topology, turn):
    assert front(topology, viewed(standing(topology, turn))) == pytest.approx((np.sin(turn), np.cos(turn)), abs=1e-6)


def test_two_bodies_do_not_hide_each_other(topology):
    behind = standing(topology) + np.float32([0, 0, -1])
    x, z = front(topology, viewed(standing(topology), behind))
    assert (abs(x), z) == pytest.approx((1, 0), abs=1e-6)
    beside = standing(topology) + np.float32([1, 0, 0])
    assert front(topology, viewed(standing(topology), beside)) == pytest.approx((0, 1), abs=1e-6)


def test_where_the_front_is_not_known():
    assert front(Topology.load("coco_17"), viewed(np.random.rand(17, 3))) == (0, 1)
    assert front(Topology.load("ntu_rgbd"), viewed(np.zeros((25, 3)))) == (0, 1)


def write(path, topology, body, **columns):
    clips = np.repeat(body[None, None], 5, 1)
    with StoreWriter(path, topology, ["sit", "stand"], source="made up", **columns) as writer:
        writer.add(clips, y=1, name="c0")
    return SkeletonStore.open(path)


def test_bodies_along_z_are_put_upright(tmp_path, topology):
    y_up = clip_of_store(write(tmp_path / "y", topology, standing(topology)), 0)
    z_up = clip_of_store(write(tmp_path / "z", topology, standing(topology, up="z")), 0)
    assert np.allclose(y_up.joints, z_up.joints, atol=1e-6)
    assert (y_up.name, y_up.label, y_up.fps, y_up.layers["motion"].unit) == ("c0", "stand", 30.0, "m/s")


def test_two_dimensions_lie_in_the_plane(tmp_path):
    topology = Topology.load("coco_17")
    clip = clip_of_store(write(tmp_path / "s", topology, np.random.rand(17, 2), units="normalised", fps=25.0), 0)
    assert clip.joints.shape == (1, 5, 17, 3) and (clip.joints[..., 2] == 0).all()
    assert (clip.fps, clip.layers["motion"].unit) == (25.0, "a second")


def test_a_part_of_a_clip():
    joints = np.arange(10, dtype=np.float32)[None, :, None, None] * np.ones((1, 1, 2, 3), np.float32)
    values = np.arange(3, dtype=np.float32)[None, :, None] * np.ones((1, 1, 2), np.float32)
    clip = ViewedClip("c", "", 10.0, joints, np.ones((1, 10), bool), {"l": Layer("l", values)})
    part = clip.during(0.2, 0.7)
    assert part.joints[0, :, 0, 0].tolist() == [2, 3, 4, 5, 6] and part.present.shape == (1, 5)
    assert part.layers["l"].values[0, :, 0].tolist() == [0, 0, 1, 1, 1]  # of frames 0-3, 4-6, 7-9
    known = replace(clip, label="own", segments=(Segment("a", 0, 0.4, 0.9), Segment("b", 0.6, 1.0, 0.5)))
    assert known.during(0.2, 0.7).segments == (
        Segment("a", 0, pytest.approx(0.2), 0.9),
        Segment("b", pytest.approx(0.4), pytest.approx(0.5), 0.5),
    )
    assert [known.caption(t) for t in (0.3, 0.5, 0.6)] == ["a 90% · c", "c", "b 50% · c"]
    assert replace(clip, people={1: known.segments}).during(0.2, 0.7).people == {1: known.during(0.2, 0.7).segments}
    assert replace(clip, label="own").caption(0) == "own · c" and clip.caption(0) == "c"
    assert clip.during(0.5, 99).joints.shape[1] == 5
    with pytest.raises(DataError, match="clip 'c' takes 1.00 seconds, so it has no frame between 2 and 3"):
        clip.during(2, 3)


ROW = {"label": "wave", "start": 0.0, "end": 1.5, "probability": 0.8}


def write_predictions(folder, content):
    (folder / "predictions.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_segments_by_recording(tmp_path):
    rows = [ROW, {**ROW, "label": "kick", "start": 1.5, "end": 2, "recording": "mine"}]
    found = read_predictions(
        write_predictions(tmp_path, {"recordings": [{"name": "mine", "segments": rows, "fps": 30.0}]})
    )
    assert found == {"mine": Recognised((Segment("wave", 0.0, 1.5, 0.8), Segment("kick", 1.5, 2.0, 0.8)))}


def test_segments_of_people(tmp_path):
    bodies = [{"body": 1, "start": 0.5, "end": 2.0, "segments": [ROW]}, {"body": 3, "segments": []}]
    write_predictions(tmp_path, {"recordings": [{"name": "mine", "segments": [], "bodies": bodies}]})
    assert read_predictions(tmp_path)["mine"].people == {1: (Segment("wave", 0.0, 1.5, 0.8),), 3: ()}


def test_what_predict_writes_of_people(tmp_path):
    about = ("mine", 10.0, ("sit", "wave"), torch.tensor([[0.2, 0.8]]).repeat(10, 1))
    whole = Timeline(*about, torch.tensor([[1, 0, 10]]), torch.tensor([0.8]), True)
    one = Timeline(*about, torch.tensor([[1, 4, 9]]), torch.tensor([0.7]), False, body=1, first=3)
    save_timelines(tmp_path / "found", [whole, one])
    segments = (Segment("wave", 0.0, 1.0, 0.8),)
    assert read_predictions(tmp_path / "found") == {
        "mine": Recognised(segments, {1: (Segment("wave", 0.4, 0.9, 0.7),)})
    }


def test_too_many(tmp_path):
    write_predictions(tmp_path, {"recordings": [{"name": "mine", "segments": [ROW] * 5001}]})
    with pytest.raises(DataError, match="a recording has 5001 segments, at most 5000 are shown"):
        read_predictions(tmp_path)


def test_no_predictions(tmp_path):
    with pytest.raises(DataError, match="no predictions at .*: expected the folder that `python -m skgraph.predict`"):
        read_predictions(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"recordings": 3},
        {"recordings": [{"name": "mine"}]},
        {"recordings": [{"name": 3, "segments": []}]},
        {"recordings": [{"name": "mine", "segments": [], "bodies": [{"segments": []}]}]},
        {"recordings": [{"name": "mine", "segments": [], "bodies": [{"body": "x", "segments": []}]}]},
        *(
            {"recordings": [{"name": "mine", "segments": [{**ROW, **change}]}]}
            for change in (
                {"start": "x"},
                {"start": 2},
                {"end": 1e999},
                {"start": 10**400},
                {"probability": 2},
                {"label": None},
            )
        ),
    ],
)
def test_damage(tmp_path, content):
    with pytest.raises(DataError, match="the predictions '.*predictions.json' cannot be read: "):
        read_predictions(write_predictions(tmp_path, content))
