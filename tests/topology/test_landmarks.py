from __future__ import annotations

import pytest
import yaml

from skgraph._internal.data_dir import data_dir
from skgraph.topology import Topology
from skgraph.topology.landmarks import mean_at, mirrored, places_of, vocabulary, with_twins

TABLE = yaml.safe_load((data_dir("topologies") / "maps" / "places.yaml").read_text(encoding="utf-8"))
BODIES = [name for name in Topology.available() if name != "hand_21"]


def test_words():
    assert vocabulary()[:2] == ("hip_center", "spine_low") and len(vocabulary()) == 10 + 2 * 22
    assert {mirrored(word) for word in vocabulary()} == set(vocabulary())
    assert (mirrored("knee_left"), mirrored("knee_right"), mirrored("nose")) == ("knee_right", "knee_left", "nose")


def test_every_rule_is_written_in_the_words_and_on_the_left():
    assert set(TABLE["stand_ins"]) <= set(TABLE["places"]) and not any("right" in word for word in TABLE["places"])
    for rules in TABLE["stand_ins"].values():
        for rule in rules:
            assert set([rule] if isinstance(rule, str) else rule) <= set(vocabulary())
    assert set(TABLE["joints"]) == set(BODIES)


@pytest.mark.parametrize("name", BODIES)
def test_every_joint_of_a_shipped_body_is_one_place(name):
    topology = Topology.load(name)
    places = places_of(topology)
    assert set(places) == set(topology.joints) and len(set(places.values())) == len(places)
    assert set(places.values()) <= set(vocabulary())
    for joint, twin in zip(topology.joints, topology.mirror.tolist(), strict=True):
        assert places[topology.joints[twin]] == mirrored(places[joint])
    assert places_of(topology.in_dim(5 - topology.dim)) == places
    Topology.from_dict(topology.to_dict() | {"means": TABLE["joints"][name]})  # a file of one's own may say the same


def test_a_hand_is_no_body():
    assert places_of(Topology.load("hand_21")) == {}


def own(joints, **keys):
    tree = {joint: None if i == 0 else joints[0] for i, joint in enumerate(joints)}
    parts = {"all": list(joints)}
    return Topology.from_dict(
        {"name": "own", "dim": 3, "joints": tree, "mirror": {}, "parts": parts, "center": joints[0]} | keys
    )


def test_joints_of_ones_own_by_name_and_by_declaration():
    assert places_of(own(["neck", "paw", "hip_left"])) == {"neck": "neck", "hip_left": "hip_left"}
    declared = own(["neck", "head"], means={"neck": "head"})
    assert places_of(declared) == {"neck": "head"}  # the place is taken: the joint called head is not a second one
    assert places_of(own(["SpineBase", "paw"], name="ntu_rgbd")) == {}  # another skeleton under a shipped name


def test_twins():
    assert with_twins({"l": "hip_left", "c": "neck"}, {"l": "r"}) == {"r": "hip_right", "l": "hip_left", "c": "neck"}
    assert with_twins({"r": "hip_right"}, {"l": "r"}) == {"r": "hip_right", "l": "hip_left"}


def at(*places):
    return {place: place for place in places}


@pytest.mark.parametrize(
    ("place", "there", "mean"),
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
def test_what_stands_in_for_a_place(place, there, mean):
    assert mean_at(place, at(*there)) == mean
