from __future__ import annotations

import pytest
import torch
import yaml

from skgraph.data import SkeletonData
from skgraph.data_dir import data_dir
from skgraph.errors import TopologyError
from skgraph.topology import Topology
from skgraph.transforms import MapJoints

NTU, UIPRMD = Topology.load("ntu_rgbd"), Topology.load("uiprmd_22")


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


@pytest.mark.parametrize("path", sorted((data_dir("topologies") / "maps").glob("*.yaml")), ids=lambda path: path.stem)
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
        ("{from: uiprmd_22, to: ntu_rgbd, joints: {Head: Tail}}", "'Head' is said to be Tail, which 'uiprmd_22' does"),
        ("{from: uiprmd_22, to: ntu_rgbd, joints: {Head: Head}}", "no joint of 'uiprmd_22' is named for SpineBase, "),
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
    with pytest.raises(TopologyError, match="'coco_17' is 2D and 'ntu_rgbd' is 3D"):
        MapJoints.load(Topology.load("coco_17"), NTU)
    with pytest.raises(TopologyError, match="no joint map at 'nowhere.yaml'"):
        MapJoints.load(UIPRMD, NTU, "nowhere.yaml")


def test_confidence_is_averaged_as_the_joints_are():
    source, target = Topology.load("kinect_v1"), Topology.load("ntu_rgbd")
    clip = SkeletonData.from_joints(torch.randn(1, 2, 20, 3), confidence=torch.linspace(0, 1, 40).view(1, 2, 20))
    out = MapJoints.load(source, target)(clip)
    head, centre = source.joints.index("Head"), source.joints.index("ShoulderCenter")
    expected = torch.linspace(0, 1, 40).view(1, 2, 20)[..., [head, centre]].mean(dim=-1)
    assert torch.allclose(out.confidence[..., target.joints.index("Neck")], expected)
