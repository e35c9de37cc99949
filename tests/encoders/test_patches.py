import torch

from skgraph.encoders.patches import patchify


def test_a_token_is_a_joint_over_a_segment():
    joints = torch.randn(1, 16, 25, 3)
    assert torch.equal(patchify(joints, 4)[0, 2 * 25 + 7], joints[0, 8:12, 7].flatten())
