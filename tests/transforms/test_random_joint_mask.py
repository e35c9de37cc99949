import torch

from skgraph.transforms import RandomJointMask


def test_random_joint_mask():
    mask = RandomJointMask(ratio=0.4)
    assert repr(mask) == "RandomJointMask(ratio=0.4, patch_length=1)"
    joints = torch.randn(1, 2, 5, 3).expand(10_000, 2, 5, 3)
    visible, masked = mask.draw(joints, torch.Generator().manual_seed(0))
    assert visible.shape == (10_000, 6) and masked.shape == (10_000, 4)
    assert ((masked.flatten().bincount() / 10_000 - 0.4).abs() < 0.02).all()
