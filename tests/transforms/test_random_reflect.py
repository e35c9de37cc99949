import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
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
