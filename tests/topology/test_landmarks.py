from __future__ import annotations

import pytest
import yaml

from skgraph._internal.data_dir import data_dir
from skgraph.topology import Topology
from skgraph.topology.landmarks import complete, joint_weights, mirrored, vocabulary

CONTENT = yaml.safe_load((data_dir("topologies") / "maps" / "landmarks.yaml").read_text(encoding="utf-8"))
BODIES = [name for name in Topology.available() if name != "hand_21"]


def test_words():
    assert vocabulary()[:2] == ("hip_center", "spine_low") and len(vocabulary()) == 10 + 2 * 22
    assert {mirrored(word) for word in vocabulary()} == set(vocabulary())
    assert (mirrored("knee_left"), mirrored("knee_right"), mirrored("nose")) == ("knee_right", "knee_left", "nose")


def test_every_rule_is_written_in_the_words_and_on_the_left():
    assert set(CONTENT["stand_ins"]) <= set(CONTENT["landmarks"])
    assert not any("right" in word for word in CONTENT["landmarks"])
    for rules in CONTENT["stand_ins"].values():
        for rule in rules:
            assert set([rule] if isinstance(rule, str) else rule) <= set(vocabulary())


@pytest.mark.parametrize("name", BODIES)
def test_every_joint_of_a_shipped_body_has_one_landmark(name):
    topology = Topology.load(name)
    landmarks = topology.landmarks
    assert set(landmarks) == set(topology.joints) and len(set(landmarks.values())) == len(landmarks)
    assert set(landmarks.values()) <= set(vocabulary())
    for joint, counterpart in zip(topology.joints, topology.mirror.tolist(), strict=True):
        assert landmarks[topology.joints[counterpart]] == mirrored(landmarks[joint])
    assert topology.in_dim(5 - topology.dim).landmarks == landmarks


@pytest.mark.parametrize("name", BODIES)
def test_landmarks_of_a_shipped_file_are_no_content(name):
    """A store that was prepared before the file declared them has the same topology, and a new store the same hash."""
    topology = Topology.load(name)
    content = topology.to_dict()
    assert "landmarks" not in content
    without = Topology.from_dict(content)
    assert without == topology and without.landmarks == topology.landmarks
    assert Topology.from_dict(content | {"landmarks": {topology.joints[0]: "neck"}}) != topology


def test_a_hand_is_no_body():
    assert Topology.load("hand_21").landmarks == {}


def own(joints, **keys):
    tree = {joint: None if i == 0 else joints[0] for i, joint in enumerate(joints)}
    parts = {"all": list(joints)}
    return Topology.from_dict(
        {"name": "own", "dim": 3, "joints": tree, "mirror": {}, "parts": parts, "center": joints[0]} | keys
    )


def test_landmarks_by_name_and_by_declaration():
    assert own(["neck", "paw", "hip_left"]).landmarks == {"neck": "neck", "hip_left": "hip_left"}
    declared = own(["neck", "head"], landmarks={"neck": "head"})
    assert declared.landmarks == {"neck": "head"}  # the joint called head is not a second head
    assert own(["SpineBase", "paw"], name="ntu_rgbd").landmarks == {}  # another skeleton under a shipped name


def test_the_key_of_version_0_1():
    old, new = (own(["neck", "paw"], **{key: {"paw": "hand_left"}}) for key in ("means", "landmarks"))
    assert old == new and old.landmarks == {"neck": "neck", "paw": "hand_left"}


def test_mirror_counterparts():
    assert complete({"l": "hip_left", "c": "neck"}, {"l": "r"}) == {"r": "hip_right", "l": "hip_left", "c": "neck"}
    assert complete({"r": "hip_right"}, {"l": "r"}) == {"r": "hip_right", "l": "hip_left"}


def at(*landmarks):
    return {landmark: landmark for landmark in landmarks}


@pytest.mark.parametrize(
    ("landmark", "there", "weights"),
    [
        ("neck", ["neck", "head"], {"neck": 1}),
        ("hip_center", ["hip_left", "hip_right"], {"hip_left": 0.5, "hip_right": 0.5}),
        ("hip_center", ["hip_left"], {}),
        (
            "spine_low",  # a quarter of the way from the hips to the shoulders
            ["hip_left", "hip_right", "shoulder_left", "shoulder_right"],
            {"hip_left": 0.375, "hip_right": 0.375, "shoulder_left": 0.125, "shoulder_right": 0.125},
        ),
        ("wrist_right", ["elbow_right", "hand_right"], {"elbow_right": 0.25, "hand_right": 0.75}),
        ("thumb_left", ["wrist_left"], {"wrist_left": 1}),
        ("thumb_left", ["wrist_right"], {}),
        ("eye_left", ["nose"], {"nose": 1}),
        ("eye_left", ["head"], {"head": 1}),
        ("head", ["eye_left", "eye_right", "nose"], {"eye_left": 0.5, "eye_right": 0.5}),
        ("foot_left", ["ankle_left", "toe_left"], {"ankle_left": 0.5, "toe_left": 0.5}),
        ("foot_left", ["ankle_left", "heel_left"], {"ankle_left": 1}),
        ("knee_left", ["hip_left", "ankle_left"], {}),
        ("neck", [], {}),
    ],
)
def test_stand_ins(landmark, there, weights):
    assert joint_weights(landmark, at(*there)) == weights
