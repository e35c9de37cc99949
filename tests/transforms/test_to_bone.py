import torch

from skgraph.data import SkeletonData
from skgraph.topology import Topology
from skgraph.transforms import RandomTranslate, ToBone


def test_to_bone(topology):
    transform = ToBone(topology)
    assert repr(transform) == "ToBone(tiny_3d)"
    #                     pelvis     chest      head       left       right
    pose = torch.tensor([[1.0, 1, 1], [1, 2, 1], [1, 4, 1], [3, 2, 1], [-1, 2, 2]])
    out = transform(SkeletonData.from_joints(pose.view(1, 1, 5, 3))).x
    assert out.tolist() == [[0, 0, 0], [0, 1, 0], [0, 2, 0], [2, 0, 0], [-2, 0, 1]]


def test_bones_add_up_to_the_joints(topology, batch):
    bones = ToBone(topology)(batch).joints
    head = batch.joints[..., 0, :] + bones[..., 1, :] + bones[..., 2, :]  # pelvis, chest, head
    assert torch.allclose(head, batch.joints[..., 2, :], atol=1e-6)


def test_bones_do_not_move_with_the_body():
    topology = Topology.load("ntu_rgbd")
    clip = SkeletonData.from_joints(torch.randn(2, 4, 25, 3))
    moved = RandomTranslate(1.0)(clip)
    assert torch.allclose(ToBone(topology)(moved).x, ToBone(topology)(clip).x, atol=1e-5)
