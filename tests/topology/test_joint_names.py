import re

import pytest
import yaml

from skgraph._internal.data_dir import data_dir
from skgraph.topology import Topology
from skgraph.topology.joint_names import landmarks_by_name, mirror_pairs
from skgraph.topology.landmarks import mirrored, vocabulary

SCHEMES = yaml.safe_load((data_dir("topologies") / "maps" / "joint_names.yaml").read_text(encoding="utf-8"))
# How the schemes mark a joint on the left.
SIDES = {
    "Left": "mixamo perception_neuron lafan1 accad biovision xsens_bvh xsens_mvn unity second_life rokoko",
    "Left|^L": "cmu_bvh cmu_bvh_3ds_max",
    r"\bL\b": "biped rigify makehuman",
    "(?<=_)L(?=_)": "vrm character_creator",
    "l$": "unreal unreal_5",
    "L$": "makewalk",
    "^l": "poser daz_genesis vicon_blade h_anim",
    "LEFT": "kinect_azure",
    "^L": "optitrack smpl_mujoco halpe_26",
    "left": "arkit",
}
MARK_OF = {scheme: mark for mark, schemes in SIDES.items() for scheme in schemes.split()}
RIGHT = {"Left": "Right", "LEFT": "RIGHT", "left": "right", "L": "R", "l": "r"}


def skeleton(scheme):
    """Joint -> landmark of a whole skeleton of a scheme, with one joint at a landmark."""
    joint_at = {}
    for joint, landmark in SCHEMES[scheme]["joints"].items():
        joint_at.setdefault(landmark, joint)
    left = {joint: landmark for landmark, joint in joint_at.items()}
    right = {
        re.sub(MARK_OF[scheme], lambda found: RIGHT[found[0]], joint): mirrored(landmark)
        for joint, landmark in left.items()
        if landmark.endswith("_left")
    }
    return left | right


def test_schemes():
    assert set(MARK_OF) == set(SCHEMES) and len(SCHEMES) >= 20
    for scheme in SCHEMES.values():
        assert set(scheme) == {"source", "joints"} and scheme["source"].startswith("http")
        assert set(scheme["joints"].values()) <= set(vocabulary()) and "right" not in str(scheme["joints"].values())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_skeleton_of_each_scheme_has_its_landmarks(scheme):
    expected = skeleton(scheme)
    assert len(expected) > len(set(SCHEMES[scheme]["joints"].values()))
    assert landmarks_by_name(expected) == expected
    assert landmarks_by_name([*expected, "Tail", "LeftWing", "RightWing", "Root_M"]) == expected


@pytest.mark.parametrize("name", [name for name in Topology.available() if name != "hand_21"])
def test_joints_of_a_shipped_topology_are_known_in_any_skeleton(name):
    topology = Topology.load(name)
    renamed = Topology.from_dict(topology.to_dict() | {"name": "mine"})
    assert renamed.landmarks == topology.landmarks


def test_prefixes_separators_and_capitals():
    expected = skeleton("mixamo")
    for written in ("mixamorig:{}", "mixamorig{}", "Character1|{}", "Bip001 {}"):
        assert landmarks_by_name([written.format(joint) for joint in expected]) == {
            written.format(joint): landmark for joint, landmark in expected.items()
        }
    bandai = {f"{joint.replace('Left', '')}_L": mark for joint, mark in skeleton("unity").items() if "Left" in joint}
    bandai |= {f"{joint.replace('Right', '')}_R": mark for joint, mark in skeleton("unity").items() if "Right" in joint}
    bandai |= {joint: mark for joint, mark in skeleton("unity").items() if not re.search("Left|Right", joint)}
    assert bandai["UpperArm_L"] == "shoulder_left" and landmarks_by_name(["joint_Root", *bandai]) == bandai


def test_the_same_name_is_another_joint_in_another_scheme():
    assert landmarks_by_name(skeleton("lafan1"))["LeftShoulder"] == "collar_left"
    assert landmarks_by_name(skeleton("biovision"))["LeftShoulder"] == "shoulder_left"


def test_other_things_than_bodies_have_no_landmarks():
    assert landmarks_by_name(Topology.load("hand_21").joints) == {}
    assert landmarks_by_name(["hip", "withers", "head", "tail", "left_elbow", "right_elbow", "left_paw"]) == {}
    assert landmarks_by_name([]) == {}


def test_declared_landmarks_win():
    joints = skeleton("lafan1")
    spec = {"dim": 3, "joints": {joint: None if joint == "Hips" else "Hips" for joint in joints}, "mirror": {}}
    spec |= {"name": "mine", "parts": {"all": list(joints)}, "center": "Hips"}
    assert Topology(spec).landmarks == joints
    assert Topology(spec | {"landmarks": {"Hips": "spine_low"}}).landmarks == {"Hips": "spine_low"}


@pytest.mark.parametrize(
    "left, right",
    [
        ("LeftArm", "RightArm"),
        ("mixamorig:LeftHandIndex1", "mixamorig:RightHandIndex1"),
        ("ToeBase_left", "ToeBase_right"),
        ("LEFT_KNEE", "RIGHT_KNEE"),
        ("L_Hip", "R_Hip"),
        ("hip.L", "hip.R"),
        ("Bip01 L Thigh", "Bip01 R Thigh"),
        ("upper_arm_l", "upper_arm_r"),
        ("lfemur", "rfemur"),
        ("LHipJoint", "RHipJoint"),
        ("l_lower_leg", "r_lower_leg"),
        ("ShoulderL", "ShoulderR"),
    ],
)
def test_mirror_pairs(left, right):
    assert mirror_pairs(["Hips", right, left, "Spine"]) == {left: right}
    assert mirror_pairs(["Hips", left, "Spine"]) == {}


def test_names_without_a_side():
    assert mirror_pairs(["lowerback", "Root", "Lumbar", "L5", "Skull", "pelvis", "rail", "lair"]) == {}


def test_a_name_is_in_one_pair():
    assert mirror_pairs(["LeftL", "RightL", "LeftR"]) == {"LeftL": "RightL"}


def test_mirror_pairs_of_the_cmu_skeleton():
    topology = Topology.load("cmu_31")
    assert mirror_pairs(topology.joints) == topology.to_dict()["mirror"]
