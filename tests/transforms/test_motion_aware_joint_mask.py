import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.transforms import MotionAwareJointMask

BODIES = 20_000


def moving_at(speeds, bodies=BODIES, frames=4):
    """Joint v goes speeds[v] metres a frame along x."""
    joints = torch.zeros(bodies, frames, len(speeds), 3)
    joints[..., 0] = torch.arange(float(frames))[:, None] * torch.tensor(speeds)
    return joints


def masked_joints(mask, joints, **kwargs):
    """[bodies, V] bool."""
    masked = mask.draw(joints, torch.Generator().manual_seed(0), **kwargs)[1]
    num_joints = joints.size(2)
    ids = masked[masked < num_joints].view(len(joints), -1)  # those of the first patch
    return torch.zeros(len(joints), num_joints, dtype=torch.bool).scatter_(1, ids, True)


def subsets(chosen):
    """How often each set of joints is chosen, [2 ** V]."""
    code = (chosen.long() << torch.arange(chosen.size(1))).sum(1)
    return code.bincount(minlength=2 ** chosen.size(1)) / len(chosen)


def test_repr():
    assert repr(MotionAwareJointMask()) == "MotionAwareJointMask(ratio=0.9, patch_length=1, alpha=1.0, eps=1e-06)"


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
def test_it_samples_like_multinomial_without_replacement(alpha):
    speeds = [1.0, 2.0, 3.0, 4.0, 6.0]
    chosen = masked_joints(MotionAwareJointMask(ratio=0.6, alpha=alpha), moving_at(speeds))
    weights = torch.tensor(speeds).pow(alpha).expand(BODIES, 5)
    reference = torch.zeros(BODIES, 5, dtype=torch.bool)
    reference.scatter_(1, torch.multinomial(weights, 3, generator=torch.Generator().manual_seed(1)), True)
    assert (subsets(chosen) - subsets(reference)).abs().max() < 0.015  # 4 standard deviations of the difference
    assert (chosen.float().mean(0) - reference.float().mean(0)).abs().max() < 0.015


def test_one_masked_joint_is_drawn_in_proportion_to_its_motion():
    chosen = masked_joints(MotionAwareJointMask(ratio=0.25), moving_at([0.01, 0.02, 0.03, 0.04]))
    assert chosen.float().mean(0).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)


def test_alpha_0_is_uniform_and_a_large_alpha_takes_the_fastest():
    speeds = moving_at([0.0, 1.0, 2.0, 3.0, 4.0])
    uniform = masked_joints(MotionAwareJointMask(ratio=0.4, alpha=0.0), speeds).float().mean(0)
    assert uniform.tolist() == pytest.approx([0.4] * 5, abs=0.015)
    fastest = masked_joints(MotionAwareJointMask(ratio=0.4, alpha=1e4), speeds)
    assert torch.equal(fastest, torch.tensor([False, False, False, True, True]).expand(BODIES, 5))


def test_a_body_at_rest_is_masked_uniformly():
    chosen = masked_joints(MotionAwareJointMask(ratio=0.4), moving_at([0.0] * 5))
    assert chosen.float().mean(0).tolist() == pytest.approx([0.4] * 5, abs=0.015)


def test_appearing_is_no_motion():
    joints = moving_at([0.01, 0.02, 0.03, 0.04])
    joints[..., 1] = torch.tensor([9.0, 7.0, 5.0, 3.0])  # the way from an absent frame's zero is longest for joint 0
    joints[:, 1] = 0
    present = torch.tensor([True, False, True, True]).expand(BODIES, 4)
    chosen = masked_joints(MotionAwareJointMask(ratio=0.25), joints, frame_mask=present)
    assert chosen.float().mean(0).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)


def test_arguments_are_checked():
    with pytest.raises(ConfigError, match=r"alpha must be at least 0 and eps positive, found alpha=-1.0, eps=0.0"):
        MotionAwareJointMask(alpha=-1.0, eps=0.0)
