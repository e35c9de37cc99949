import torch

from skgraph.data import SkeletonData
from skgraph.transforms import ToMotion


def test_to_motion():
    assert repr(ToMotion()) == "ToMotion()"
    clip = SkeletonData.from_joints(torch.tensor([1.0, 3.0, 6.0, 10.0]).view(1, 4, 1, 1))
    assert ToMotion()(clip).x.flatten().tolist() == [2, 3, 4, 0]


def test_there_is_no_motion_to_or_from_an_absent_frame():
    joints, present = torch.tensor([1.0, 3.0, 0.0, 10.0, 15.0]), torch.tensor([[True, True, False, True, True]])
    out = ToMotion()(SkeletonData.from_joints(joints.view(1, 5, 1, 1), present))
    assert out.x.flatten().tolist() == [2, 0, 0, 5, 0]
    assert torch.equal(out.frame_mask, present)


def test_a_single_frame_does_not_move():
    assert not ToMotion()(SkeletonData.from_joints(torch.ones(1, 1, 5, 3))).x.any()
