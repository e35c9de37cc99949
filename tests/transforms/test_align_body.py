import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError, DataError, TopologyError
from skgraph.topology import Topology
from skgraph.transforms import AlignBody, Center, RandomRotate

#                         pelvis           chest            head             left             right
LYING = torch.tensor([[[[2.0, 3.0, 4.0], [3.0, 3.0, 4.0], [4.0, 3.0, 4.0], [3.0, 3.0, 5.0], [3.0, 3.0, 3.0]]]])


def test_align_body(topology):
    transform = AlignBody(topology)
    assert repr(transform) == "AlignBody(tiny_3d, yaw_only=False)"
    # A body along +x with its left at +z stands up about its pelvis, left at +x.
    out = transform(SkeletonData.from_joints(LYING)).joints
    assert out.tolist() == [[[[2, 3, 4], [2, 4, 4], [2, 5, 4], [3, 4, 4], [1, 4, 4]]]]


def test_align_body_turns_only_about_y(topology):
    # Up leans by (1, 2, 0) and left is at +z: the heading turns left to +x and the lean with it, to (0, 2, -1).
    pose = torch.tensor([[0.0, 0, 0], [1, 2, 0], [1, 3, 0], [1, 2, 1], [1, 2, -1]]).view(1, 1, 5, 3)
    out = AlignBody(topology, yaw_only=True)(SkeletonData.from_joints(pose)).joints
    assert out.tolist() == [[[[0, 0, 0], [0, 2, -1], [0, 3, -1], [1, 2, -1], [-1, 2, -1]]]]


def test_align_body_in_the_plane(planar):
    pose = torch.tensor([[1.0, 1], [3, 1], [5, 1], [3, 2], [3, 0]]).view(1, 1, 5, 2)
    out = AlignBody(planar)(SkeletonData.from_joints(pose)).joints
    assert out.tolist() == [[[[1, 1], [1, 3], [1, 5], [0, 3], [2, 3]]]]


def test_align_body_undoes_any_rotation(topology, batch):
    align, first = AlignBody(topology), AlignBody(topology)(batch)
    turned = RandomRotate(x=3.1, y=3.1, z=3.1)(Center(topology)(batch))
    assert torch.allclose(align(turned).x, Center(topology)(first).x, atol=1e-4)


def test_align_body_commutes_with_center(topology, batch):
    align, center = AlignBody(topology), Center(topology)
    assert torch.allclose(center(align(batch)).x, align(center(batch)).x, atol=1e-5)


def test_align_body_keeps_distances(topology, batch):
    out = AlignBody(topology)(batch)
    for before, after in zip(batch.joints[2], out.joints[2], strict=True):
        assert torch.allclose(torch.cdist(before, before), torch.cdist(after, after), atol=1e-4)


@pytest.mark.parametrize("yaw_only", [False, True])
def test_degenerate_poses_are_left_alone(topology, yaw_only):
    along_y = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 2, 0], [0, 1.5, 0], [0, 0.5, 0]])  # across parallel to up
    for pose in (along_y, torch.zeros(5, 3), torch.ones(5, 3)):
        clip = SkeletonData.from_joints(pose.view(1, 1, 5, 3))
        assert torch.equal(AlignBody(topology, yaw_only)(clip).x, clip.x)


def test_align_body_errors(topology, planar):
    with pytest.raises(DataError, match="AlignBody expects the 3 coordinates of topology 'tiny_3d', found 2"):
        AlignBody(topology)(SkeletonData.from_joints(torch.zeros(1, 1, 5, 2)))
    with pytest.raises(ConfigError, match="yaw_only needs 3D joints, topology 'tiny_2d' is 2D"):
        AlignBody(planar, yaw_only=True)
    mapping = topology.to_dict()
    del mapping["across"]
    with pytest.raises(TopologyError, match="needs the direction 'across', topology 'tiny_3d' has none"):
        AlignBody(Topology.from_dict(mapping))
