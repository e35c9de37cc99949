from __future__ import annotations

import pytest
import torch
import yaml

from skgraph._internal.data_dir import data_dir
from skgraph.data import SkeletonData
from skgraph.errors import TopologyError
from skgraph.topology import Topology
from skgraph.transforms import MapJoints

# The places of a person of 1.75 m who stands upright with the arms stretched out to the sides and looks along z, in
# metres. Those on the right are mirrored.
T_POSE = {
    "hip_center": (0, 0.95, 0),
    "spine_low": (0, 1.08, -0.01),
    "spine_mid": (0, 1.2, -0.02),
    "chest": (0, 1.33, -0.02),
    "shoulder_center": (0, 1.45, -0.02),
    "neck": (0, 1.52, -0.01),
    "head_base": (0, 1.57, 0),
    "head": (0, 1.63, 0.02),
    "head_top": (0, 1.75, 0.02),
    "nose": (0, 1.61, 0.13),
    "eye_left": (0.03, 1.65, 0.1),
    "eye_inner_left": (0.02, 1.65, 0.1),
    "eye_outer_left": (0.045, 1.65, 0.09),
    "ear_left": (0.075, 1.62, 0.01),
    "mouth_left": (0.025, 1.56, 0.1),
    "collar_left": (0.07, 1.45, -0.01),
    "shoulder_left": (0.18, 1.44, -0.02),
    "elbow_left": (0.46, 1.44, -0.02),
    "wrist_left": (0.71, 1.44, -0.02),
    "hand_left": (0.78, 1.44, -0.02),
    "knuckles_left": (0.8, 1.44, -0.02),
    "index_left": (0.8, 1.44, 0.01),
    "pinky_left": (0.79, 1.44, -0.05),
    "hand_tip_left": (0.88, 1.44, -0.02),
    "thumb_left": (0.78, 1.44, 0.05),
    "hip_left": (0.09, 0.93, 0),
    "knee_left": (0.1, 0.5, 0.01),
    "ankle_left": (0.1, 0.09, -0.02),
    "heel_left": (0.1, 0.02, -0.07),
    "foot_left": (0.11, 0.02, 0.08),
    "toe_left": (0.11, 0.01, 0.18),
    "small_toe_left": (0.16, 0.01, 0.13),
}
# What stands in for a place is within the length of a foot: the toes of who has only ankles are there.
TOLERANCE = 0.22
BODIES = [Topology.load(name).in_dim(3) for name in Topology.available() if name != "hand_21"]

NTU, UIPRMD = Topology.load("ntu_rgbd"), Topology.load("uiprmd_22")


def pose(topology):
    """The T-pose as a topology's joints [V, 3]."""
    mirror = {place.replace("_left", "_right"): (-x, y, z) for place, (x, y, z) in T_POSE.items()}
    landmarks = topology.landmarks
    return torch.tensor([(mirror | T_POSE)[landmarks[joint]] for joint in topology.joints], dtype=torch.float32)


@pytest.mark.parametrize("target", BODIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("source", BODIES, ids=lambda topology: topology.name)
def test_every_body_maps_onto_every_body(source, target):
    weights = MapJoints.load(source, target).weights
    assert (weights >= 0).all() and torch.allclose(weights.sum(1), torch.ones(target.num_joints))
    found, wanted = weights @ pose(source), pose(target)
    error = (found - wanted).norm(dim=1)
    assert error.max() < TOLERANCE and error.mean() < 0.07
    if "uiprmd_22" not in (source.name, target.name):  # its maps are written by hand
        there = [joint for joint, place in target.landmarks.items() if place in source.landmarks.values()]
        assert error[[target.joint(joint) for joint in there]].max() == 0
    # left stays left: map(mirror(x)) == mirror(map(x))
    flip = torch.tensor([-1.0, 1, 1])
    body = pose(source) + torch.randn(source.num_joints, 3, generator=torch.Generator().manual_seed(0)) / 10
    mirrored_first, mapped_first = weights @ (body * flip)[source.mirror], ((weights @ body) * flip)[target.mirror]
    torch.testing.assert_close(mirrored_first, mapped_first)


@pytest.mark.parametrize("body", BODIES, ids=lambda topology: topology.name)
def test_a_hand_and_a_body_share_nothing(body):
    hand = Topology.load("hand_21")
    for source, target in ((hand, body), (body, hand)):
        listed = (
            f"no joint of '{source.name}' has the name or the landmark of {', '.join(target.joints)} of '{target.name}'"
        )
        with pytest.raises(TopologyError, match=listed):
            MapJoints.load(source, target)


def test_joints_of_one_name_may_have_different_landmarks():
    """The head of Human3.6M is the crown, OpenPose's neck the middle of the shoulders."""
    weights = MapJoints(Topology.load("openpose_25").in_dim(3), NTU).weights
    row = weights[NTU.joint("Neck")]
    assert row.nonzero().flatten().tolist() == [1, 17, 18]  # its neck, and its ears for the head
    assert row[[1, 17, 18]].tolist() == [0.5, 0.25, 0.25]
    human = Topology.load("human36m_17")
    row = MapJoints(human, NTU).weights[NTU.joint("Head")]
    assert row.nonzero().flatten().tolist() == [human.joint("Nose")]


def rig(**keys):
    tree = {"pelvis": None, "thigh_l": "pelvis", "thigh_r": "pelvis", "bag": "pelvis"}
    return Topology.from_dict(
        {
            "name": "rig",
            "dim": 3,
            "joints": tree,
            "mirror": {"thigh_l": "thigh_r"},
            "parts": {"all": list(tree)},
            "center": "pelvis",
            "landmarks": {"pelvis": "hip_center", "thigh_l": "hip_left"},
        }
        | keys
    )


def test_landmarks_and_names_of_a_custom_topology():
    with pytest.raises(TopologyError, match="no joint of 'ntu_rgbd' has the name or the landmark of bag of 'rig'"):
        MapJoints.load(NTU, rig())
    weights = MapJoints(NTU, rig(), {"bag": ["HandLeft", "HandRight"]}).weights
    hips = [NTU.joint(joint) for joint in ("SpineBase", "HipLeft", "HipRight")]
    assert weights[:3, hips].tolist() == torch.eye(3).tolist() and weights[3].sum() == 1
    other = rig(
        name="other",
        joints={"hips": None, "leg_l": "hips", "leg_r": "hips", "bag": "hips"},
        center="hips",
        mirror={"leg_l": "leg_r"},
        parts={"all": ["hips", "leg_l", "leg_r", "bag"]},
        landmarks={"hips": "hip_center", "leg_r": "hip_right"},
    )
    assert torch.equal(MapJoints(rig(), other).weights, torch.eye(4))  # the bag by its name


def test_a_map_of_its_joints_in_any_dimension_and_by_path(tmp_path):
    coco = Topology.load("coco_17")
    text = "{from: ntu_rgbd, to: coco_17, joints: {nose: Neck}}"
    (tmp_path / "map.yaml").write_text(text)
    weights = MapJoints.load(NTU, coco.in_dim(3), tmp_path / "map.yaml").weights
    assert weights[0].nonzero().flatten().tolist() == [NTU.joint("Neck")]
    (tmp_path / "rig.yaml").write_text(yaml.safe_dump(rig().to_dict(), sort_keys=False))
    (tmp_path / "own.yaml").write_text("{from: ntu_rgbd, to: rig.yaml, joints: {bag: HandLeft}}")
    assert MapJoints.load(NTU, rig(), tmp_path / "own.yaml").weights.shape == (4, 25)


def test_one_joint_or_the_mean_of_several():
    mapping = MapJoints.load(NTU, UIPRMD)
    joints = torch.randn(2, 1, 4, 25, 3)
    out = mapping(SkeletonData.from_joints(joints)).joints
    at = lambda name: joints[..., NTU.joints.index(name), :]  # noqa: E731
    assert out.shape == (2, 1, 4, 22, 3)
    assert torch.allclose(out[..., UIPRMD.joints.index("LeftHand"), :], at("WristLeft"))
    middle = (at("SpineShoulder") + at("ShoulderLeft")) / 2
    assert torch.allclose(out[..., UIPRMD.joints.index("LeftCollar"), :], middle)


def test_absent_frames_stay_zero_and_the_reference_comes_along():
    joints = torch.randn(1, 1, 4, 25, 3)
    joints[0, 0, 2] = 0
    data = SkeletonData.from_joints(joints)
    data.reference = joints[:, 0, 0]
    out = MapJoints.load(NTU, UIPRMD)(data)
    assert not out.joints[0, 0, 2].any() and torch.allclose(out.reference, out.joints[:, 0, 0])


MAPS = sorted((data_dir("topologies") / "maps").glob("*_from_*.yaml"))


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_the_shipped_maps_fit_their_topologies(path):
    content = yaml.safe_load(path.read_text())
    assert path.stem == f"{content['to']}_from_{content['from']}"
    source, target = Topology.load(content["from"]), Topology.load(content["to"])
    mapping = MapJoints.load(source, target)
    assert torch.allclose(mapping.weights.sum(1), torch.ones(target.num_joints))
    # left stays left: mirroring before and after is the same map
    mirrored = mapping.weights[target.mirror][:, source.mirror]
    assert torch.equal(mirrored, mapping.weights)


def test_equal_names_need_no_map():
    pku = Topology.load("pku_mmd")
    weights = MapJoints.load(pku, NTU).weights
    assert weights.sum() == 25 and set(weights.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("joints: {}", "must have the keys from, to and joints"),
        ("{from: a, to: b, joints: {}}", "makes 'b' from 'a', expected 'ntu_rgbd' from 'uiprmd_22'"),
        ("{from: uiprmd_22, to: ntu_rgbd, joints: [1]}", "joints must be a mapping"),
        ("{from: uiprmd_22, to: ntu_rgbd, joints: {Tail: Waist}}", "'ntu_rgbd' has no joint Tail"),
        ("{from: uiprmd_22, to: ntu_rgbd, joints: {Head: Tail}}", "'Head' is mapped to Tail, which 'uiprmd_22' does"),
        ("{from: &a uiprmd_22, to: *a, joints: {}}", r"cannot be read: the alias \*a .* are not supported"),
        ("{from: 1, to: ntu_rgbd, joints: {}}", "from must be a topology's name, found 1"),
        ("[", "cannot be read"),
        ("from: 2024-99-99", "cannot be read"),
        (
            "{from: uiprmd_22, to: ntu_rgbd, joints: {Head: 5}}",
            "'Head' must be a joint of 'uiprmd_22' or a list of them",
        ),
        ("{from: uiprmd_22, to: ntu_rgbd, joints: {Head: []}}", "'Head' must be a joint of 'uiprmd_22' or a list"),
    ],
)
def test_bad_maps(tmp_path, content, message):
    (tmp_path / "map.yaml").write_text(content)
    with pytest.raises(TopologyError, match=message):
        MapJoints.load(UIPRMD, NTU, tmp_path / "map.yaml")


def test_2d_is_not_3d():
    with pytest.raises(TopologyError, match="'coco_17' is 2D and 'ntu_rgbd' is 3D: .* depth is not known"):
        MapJoints.load(Topology.load("coco_17"), NTU)
    with pytest.raises(TopologyError, match="'ntu_rgbd' is 3D and 'coco_17' is 2D: .* that would need a camera"):
        MapJoints.load(NTU, Topology.load("coco_17"))
    with pytest.raises(TopologyError, match="no joint map at 'nowhere.yaml'"):
        MapJoints.load(UIPRMD, NTU, "nowhere.yaml")


def test_confidence_is_averaged_as_the_joints_are():
    source, target = Topology.load("kinect_v1"), Topology.load("ntu_rgbd")
    clip = SkeletonData.from_joints(torch.randn(1, 2, 20, 3), confidence=torch.linspace(0, 1, 40).view(1, 2, 20))
    out = MapJoints.load(source, target)(clip)
    head, centre = source.joints.index("Head"), source.joints.index("ShoulderCenter")
    expected = torch.linspace(0, 1, 40).view(1, 2, 20)[..., [head, centre]].mean(dim=-1)
    assert torch.allclose(out.confidence[..., target.joints.index("Neck")], expected)
