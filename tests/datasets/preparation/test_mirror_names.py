import pytest

from skgraph.datasets.preparation.mirror_names import twin_names
from skgraph.topology import Topology


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
def test_sides(left, right):
    assert twin_names(["Hips", right, left, "Spine"]) == {left: right}
    assert twin_names(["Hips", left, "Spine"]) == {}


def test_names_without_a_side():
    assert twin_names(["lowerback", "Root", "Lumbar", "L5", "Skull", "pelvis", "rail", "lair"]) == {}


def test_nobody_has_two_twins():
    assert twin_names(["LeftL", "RightL", "LeftR"]) == {"LeftL": "RightL"}


def test_the_twins_of_the_cmu_skeleton():
    topology = Topology.load("cmu_31")
    assert twin_names(topology.joints) == topology.to_dict()["mirror"]
