import pytest
import yaml

from skgraph.datasets.formats.bvh_topology import bvh_topology
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology
from tests.datasets.bvh_files import BODY, bvh


@pytest.fixture
def topology(tmp_path):
    def of(body=BODY, **options):
        (tmp_path / "clip.bvh").write_text(bvh(body=body))
        return bvh_topology(tmp_path / "clip.bvh", **options)

    return of


def test_hierarchy_symmetry_parts_and_directions(topology):
    assert topology().to_dict() == {
        "name": "bvh_11",
        "dim": 3,
        "joints": {joint: parent for joint, (parent, _) in BODY.items()},
        "mirror": {
            "LeftArm": "RightArm",
            "LeftHand": "RightHand",
            "LeftLeg": "RightLeg",
            "LeftFoot": "RightFoot",
        },
        "parts": {
            "torso": ["Hips", "Spine", "Head"],
            "LeftArm": ["LeftArm", "LeftHand"],
            "RightArm": ["RightArm", "RightHand"],
            "LeftLeg": ["LeftLeg", "LeftFoot"],
            "RightLeg": ["RightLeg", "RightFoot"],
        },
        "center": ["Hips"],
        "across": {"from": ["RightArm"], "to": ["LeftArm"]},
        "up": {"from": ["Hips"], "to": ["Spine"]},
    }


def test_end_sites(topology):
    found = topology(end_sites=True)
    assert found.name == "bvh_16"
    assert found.joints[:4] == ("Hips", "Spine", "Head", "HeadEnd")
    assert found.to_dict()["mirror"]["LeftHandEnd"] == "RightHandEnd"
    assert found.to_dict()["parts"]["LeftArm"] == ["LeftArm", "LeftHand", "LeftHandEnd"]
    with pytest.raises(DataError, match="an End Site and a joint would both have the name 'HeadEnd'"):
        topology(BODY | {"HeadEnd": ("Spine", "0 0 1")}, end_sites=True)


def test_a_joint_without_a_twin_costs_its_limb_the_mirror(topology):
    found = topology(BODY | {"Watch": ("LeftHand", "0 0 1")}).to_dict()
    assert found["mirror"] == {"LeftLeg": "RightLeg", "LeftFoot": "RightFoot"}
    assert found["parts"]["LeftArm"] == ["LeftArm", "LeftHand", "Watch"]  # limbs remain limbs
    assert found["across"] == {"from": ["RightArm"], "to": ["LeftArm"]}


def test_twins_on_different_bones_are_no_pair(topology):
    # Neither are their parents, of which only one has them as a child.
    found = topology(BODY | {"RightFoot": ("Hips", "-10 -90 0")}).to_dict()
    assert found["mirror"] == {"LeftArm": "RightArm", "LeftHand": "RightHand"}


def test_twins_that_lie_in_one_place_give_no_direction(topology):
    shoulders = {
        "LeftShoulder": ("Spine", "0 0 0"),
        "LeftArm": ("LeftShoulder", "20 0 0"),
        "RightShoulder": ("Spine", "0 0 0"),
        "RightArm": ("RightShoulder", "-20 0 0"),
    }
    found = topology(BODY | shoulders).to_dict()
    assert found["across"] == {"from": ["RightArm"], "to": ["LeftArm"]}
    assert found["parts"]["LeftShoulder"] == ["LeftShoulder", "LeftArm", "LeftHand"]


def test_eyes_are_smaller_than_arms(topology):
    eyes = {"LeftEye": ("Head", "3 0 5"), "RightEye": ("Head", "-3 0 5")}
    assert topology(BODY | eyes).to_dict()["up"] == {"from": ["Hips"], "to": ["Spine"]}


def test_up_needs_a_spine_that_points_up(topology):
    assert topology(up="z").up is None
    lying = topology(BODY | {"Spine": ("Hips", "0 0 50")}, up="z")
    assert lying.to_dict()["up"] == {"from": ["Hips"], "to": ["Spine"]}
    hanging = topology(BODY | {"Spine": ("Hips", "0 -50 0")})
    assert hanging.to_dict()["up"] == {"from": ["Spine"], "to": ["Hips"]}
    with pytest.raises(ConfigError, match="up must be y or z, .* found 'x'"):
        topology(up="x")


def test_without_twins_every_branch_of_the_root_is_a_part(topology):
    body = {"Hips": (None, "0 0 0"), "torso": ("Hips", "0 1 0"), "jaw": ("torso", "0 1 0"), "tail": ("Hips", "0 0 -1")}
    found = topology(body)
    assert {part: len(joints) for part, joints in found.parts.items()} == {"Hips": 1, "torso": 2, "tail": 1}
    assert found.across is None and found.up is None and found.to_dict()["mirror"] == {}
    assert topology({"Hips": (None, "0 0 0")}).num_joints == 1


def test_it_can_be_written_edited_and_loaded(topology, tmp_path):
    found = topology()
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(found.to_dict(), sort_keys=False))
    assert Topology.load(tmp_path / "mine.yaml") == found
