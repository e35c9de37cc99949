import math

import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, DataError
from skgraph.transforms import RandomRotate


def bone_lengths(joints, topology):
    return (joints[..., topology.edges[:, 0], :] - joints[..., topology.edges[:, 1], :]).norm(dim=-1)


def test_random_rotate():
    assert repr(RandomRotate(y=0.52)) == "RandomRotate(x=0.0, y=0.52, z=0.0)"


@pytest.mark.parametrize(
    ("axis", "joint", "turned"),  # a positive angle turns y to z, z to x and x to y
    [
        ("x", [5.0, 1.0, 0.0], lambda c, s: [5, c, s]),
        ("y", [0.0, 5.0, 1.0], lambda c, s: [s, 5, c]),
        ("z", [1.0, 0.0, 5.0], lambda c, s: [c, s, 5]),
    ],
)
def test_one_axis(axis, joint, turned):
    clip = SkeletonData.from_joints(torch.tensor(joint).view(1, 1, 1, 3))
    out = RandomRotate(**{axis: 1.0})(clip, torch.Generator().manual_seed(0)).x[0]
    angle = torch.empty(3).uniform_(-1, 1, generator=torch.Generator().manual_seed(0))["xyz".index(axis)].item()
    assert out.tolist() == pytest.approx(turned(math.cos(angle), math.sin(angle)), abs=1e-6)


def test_axes_turn_in_the_order_x_y_z(batch):
    def alone(axis):
        return RandomRotate(**{axis: 1.0})(batch_of[-1], torch.Generator().manual_seed(0))

    batch_of = [batch]
    for axis in "xyz":
        batch_of.append(alone(axis))
    together = RandomRotate(x=1.0, y=1.0, z=1.0)(batch, torch.Generator().manual_seed(0))
    assert torch.allclose(together.x, batch_of[-1].x, atol=1e-5)


def test_bone_lengths_and_handedness_are_kept(topology, batch):
    out = RandomRotate(x=3.0, y=3.0, z=3.0)(batch).joints
    assert torch.allclose(bone_lengths(out, topology), bone_lengths(batch.joints, topology), atol=1e-5)
    volume = [torch.linalg.det(joints[2, 0, :, 1:4]) for joints in (batch.joints, out)]
    assert torch.allclose(*volume, atol=1e-4)


def test_two_dimensions_turn_about_z_only(planar):
    joints = torch.randn(4, 1, 3, 5, 2)
    out = RandomRotate(z=2.0)(SkeletonData.from_joints(joints)).joints
    assert torch.allclose(bone_lengths(out, planar), bone_lengths(joints, planar), atol=1e-5)
    with pytest.raises(DataError, match=r"2D joints about z only, found 2D joints and RandomRotate\(x=0.0, y=0.1"):
        RandomRotate(y=0.1)(SkeletonData.from_joints(joints))


def test_angles_are_not_negative():
    with pytest.raises(ConfigError, match=r"at least 0, found x=0.0, y=-1.0, z=0.0"):
        RandomRotate(y=-1.0)
