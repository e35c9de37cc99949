"""What every mask promises, proven for each of them."""

import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology
from skgraph.transforms import (
    LimbMask,
    MotionAwareJointMask,
    MotionAwareTokenMask,
    RandomJointMask,
    RandomTokenMask,
    SemanticTubeMask,
)

NTU = Topology.load("ntu_rgbd")
JOINT_MASKS = [
    MotionAwareJointMask(patch_length=4),
    RandomJointMask(patch_length=4),
    LimbMask(NTU, patch_length=4),
]
TOKEN_MASKS = [MotionAwareTokenMask(), RandomTokenMask(), SemanticTubeMask(NTU, ratio=0.9, patch_length=4)]
joints = torch.randn(6, 120, 25, 3, generator=torch.Generator().manual_seed(0))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mask", JOINT_MASKS + TOKEN_MASKS, ids=lambda mask: type(mask).__name__)
class TestEveryMask:
    def test_visible_and_masked_partition_the_tokens(self, mask):
        visible, masked = mask.draw(joints, seeded())
        assert visible.dtype == masked.dtype == torch.int64
        assert (visible.diff(dim=1) > 0).all() and (masked.diff(dim=1) > 0).all()
        everything = torch.cat([visible, masked], dim=1).sort(dim=1).values
        assert torch.equal(everything, torch.arange(750).expand(6, 750))

    def test_bodies_draw_for_themselves(self, mask):
        visible, _ = mask.draw(joints[:1].expand(6, 120, 25, 3), seeded())
        assert len(visible.unique(dim=0)) > 1

    def test_the_graph_gets_what_is_drawn(self, mask):
        visible, masked = mask.draw(joints, seeded())
        batch = mask(SkeletonData.from_joints(joints.view(3, 2, 120, 25, 3)), seeded())
        assert torch.equal(batch.visible, visible.view(3, 2, -1)) and torch.equal(batch.masked, masked.view(3, 2, -1))
        clip = mask(SkeletonData.from_joints(joints), seeded())
        assert torch.equal(clip.visible, visible) and torch.equal(clip.masked, masked)

    def test_a_number_of_tokens_is_hidden_of_each_body(self, mask):
        count = torch.tensor([0, 1, 30, 400, 749, 750])
        hidden = mask.hide(joints, count, seeded())
        assert hidden.shape == (6, 750) and torch.equal(hidden.sum(dim=1), count)

    def test_half_precision_and_double_are_taken(self, mask):
        for dtype in (torch.float16, torch.float64):
            assert mask.draw(joints.to(dtype), seeded())[0].shape[0] == 6

    def test_frames_must_be_whole_patches(self, mask):
        with pytest.raises(ConfigError, match=f"{type(mask).__name__}: 118 frames .* patch_length=4"):
            mask.draw(joints[:, :118])


@pytest.mark.parametrize("mask", JOINT_MASKS, ids=lambda mask: type(mask).__name__)
def test_whole_joints_are_masked(mask):
    visible, masked = mask.draw(joints, seeded())
    assert visible.shape == (6, 30 * 3) and masked.shape == (6, 30 * 22)
    patch, joint = visible.view(6, 30, 3) // 25, visible.view(6, 30, 3) % 25
    assert torch.equal(patch, torch.arange(30)[:, None].expand(6, 30, 3))
    assert torch.equal(joint, joint[:, :1].expand(6, 30, 3))


@pytest.mark.parametrize("mask", TOKEN_MASKS, ids=lambda mask: type(mask).__name__)
def test_tokens_are_masked(mask):
    visible, masked = mask.draw(joints, seeded())
    assert visible.shape == (6, 75) and masked.shape == (6, 675)


def test_num_masked_is_the_floor_that_was_meant():
    counts = [(0.9, 25, 22), (0.9, 750, 675), (0.7, 10, 7), (0.29, 100, 29), (2 / 3, 3, 2), (0.6, 7, 4)]
    for ratio, n, expected in counts:
        assert RandomTokenMask(ratio).num_masked(n) == expected


def test_ratios_are_checked():
    for ratio in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(ConfigError, match="RandomTokenMask: ratio must be between 0 and 1"):
            RandomTokenMask(ratio)
    with pytest.raises(ConfigError, match=r"ratio=0.03 masks 0 of 25 joints, but at least 1"):
        RandomJointMask(0.03).draw(joints)
    with pytest.raises(ConfigError, match=r"ratio=0.03 masks 0 of 25 joints"):
        LimbMask(NTU, 0.03)
    with pytest.raises(ConfigError, match="patch_length must be at least 1, found 0"):
        RandomJointMask(patch_length=0)


def test_the_topology_is_checked():
    with pytest.raises(DataError, match=r"LimbMask .* 'ntu_rgbd' with 25 joints, found 17 joints"):
        LimbMask(NTU).draw(torch.zeros(2, 4, 17, 3))
