import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, TopologyError
from skgraph.topology import Topology
from skgraph.transforms import RandomReflect, ToBone

POSE = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0.5, 2, 0], [1, 1, 3], [-2, 1, 5]]).view(1, 1, 5, 3)


def test_random_reflect(topology):
    transform = RandomReflect(topology, p=1.0)
    assert repr(transform) == "RandomReflect(tiny_3d, p=1.0)"
    out = transform(SkeletonData.from_joints(POSE)).joints
    # x changes its sign, and left takes what was right.
    assert out.tolist() == [[[[0, 0, 0], [0, 1, 0], [-0.5, 2, 0], [2, 1, 5], [-1, 1, 3]]]]


def test_reflecting_twice_is_the_identity(topology, batch):
    transform = RandomReflect(topology, p=1.0)
    assert torch.equal(transform(transform(batch)).x, batch.x)


def test_about_half_of_the_graphs_are_reflected(topology):
    out = RandomReflect(topology)(
        SkeletonData.from_joints(POSE.expand(2000, 1, 1, 5, 3)), torch.Generator().manual_seed(0)
    )
    reflected = out.joints[:, 0, 0, 2, 0] < 0
    assert 0.45 < reflected.float().mean() < 0.55
    none = RandomReflect(topology, p=0.0)(SkeletonData.from_joints(POSE))
    assert torch.equal(none.joints, POSE)


def test_reflection_maps_bones_to_bones():
    topology = Topology.load("ntu_rgbd")
    clip = SkeletonData.from_joints(torch.randn(1, 4, 25, 3))
    reflect, to_bone = RandomReflect(topology, p=1.0), ToBone(topology)
    assert torch.allclose(to_bone(reflect(clip)).x, reflect(to_bone(clip)).x, atol=1e-6)


def test_probabilities_are_checked(topology):
    with pytest.raises(ConfigError, match=r"p must be in \[0, 1\], found 1.5"):
        RandomReflect(topology, p=1.5)


def test_confidence_follows_its_joint(topology):
    clip = SkeletonData.from_joints(POSE, confidence=torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]).view(1, 1, 5))
    out = RandomReflect(topology, p=1.0)(clip)
    assert torch.allclose(out.confidence.flatten(), torch.tensor([0.1, 0.2, 0.3, 0.5, 0.4]))


def test_in_its_own_plane_a_body_faces_as_before():
    topology = Topology.load("ntu_rgbd")
    joints = torch.randn(3, 2, 4, 25, 3, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(3, 2, 4, dtype=torch.bool)
    mask[0, 1] = False
    clips = SkeletonData.from_joints(joints * mask[..., None, None], mask)
    reflect = RandomReflect(topology, p=1.0, plane="body")
    once = reflect(SkeletonData.from_joints(clips.joints.clone(), mask))

    def across(body):
        direction = torch.einsum("v,nvc->nc", topology.across, body)
        return torch.nn.functional.normalize(direction * torch.tensor([1.0, 0.0, 1.0]), dim=1)

    def middle(body):
        return torch.einsum("v,nvc->nc", topology.center, body)

    before, after = clips.joints[:, 0, 0], once.joints[:, 0, 0]  # of the first body, in its first frame
    assert torch.allclose(across(before), across(after), atol=1e-5)
    assert torch.allclose(middle(before)[:, 1], middle(after)[:, 1], atol=1e-5)
    assert not torch.allclose(before, after, atol=0.1) and not once.joints[0, 1].any()
    assert torch.allclose(once.joints[..., 1], clips.joints[..., topology.mirror, 1], atol=1e-5)  # heights stay
    bones = (lambda data: ToBone(topology)(data).joints.norm(dim=-1)[..., topology.mirror])(once)
    assert torch.allclose(bones, ToBone(topology)(clips).joints.norm(dim=-1), atol=1e-4)


def test_where_the_body_faces_along_z_both_planes_are_one():
    topology = Topology.load("ntu_rgbd")
    pose = torch.randn(1, 1, 25, 3, generator=torch.Generator().manual_seed(1))
    sides = topology.across != 0
    pose[:, :, sides, 2] = 0  # shoulders and hips along x
    pose = pose - torch.einsum("v,mtvc->mtc", topology.center, pose)[:, :, None]
    x, body = (RandomReflect(topology, p=1.0, plane=plane) for plane in ("x", "body"))
    assert torch.allclose(
        x(SkeletonData.from_joints(pose)).joints, body(SkeletonData.from_joints(pose)).joints, atol=1e-5
    )


def test_unknown_planes(topology):
    with pytest.raises(ConfigError, match="plane must be 'x' or 'body'"):
        RandomReflect(topology, plane="y")
    with pytest.raises(TopologyError, match="plane=body needs 3D joints and the direction 'across'"):
        RandomReflect(Topology.load("coco_17"), plane="body")
