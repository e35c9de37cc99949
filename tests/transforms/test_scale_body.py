from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import TopologyError
from skgraph.topology import Topology
from skgraph.transforms import Center, Compose, ScaleBody


def size(topology: Topology, pose: torch.Tensor) -> float:
    """The longest path between two joints, by networkx."""
    tree = nx.Graph()
    for a, b in topology.edges.tolist():
        tree.add_edge(a, b, weight=float((pose[a] - pose[b]).norm()))
    lengths = dict(nx.all_pairs_dijkstra_path_length(tree))
    return max(lengths[a][b] for a, b in combinations(range(topology.num_joints), 2))


@pytest.mark.parametrize("name", ["ntu_rgbd", "uiprmd_22", "cmu_31", "coco_17", "hand_21"])
def test_the_longest_path_becomes_7(name):
    topology = Topology.load(name)
    joints = torch.randn(2, 1, 6, topology.num_joints, topology.dim, generator=torch.Generator().manual_seed(0))
    data = ScaleBody(topology)(SkeletonData.from_joints(joints))
    assert [size(topology, pose) for pose in data.joints[:, 0, 0]] == pytest.approx([7, 7], rel=1e-5)


def test_unit_and_first_body_decide(topology, batch):
    scale = Compose([Center(topology), ScaleBody(topology)])
    clip = SkeletonData.from_joints(batch.joints[1], batch.frame_mask[1])  # the first body enters late
    larger = clip.clone()
    larger.joints = clip.joints * 1000
    assert torch.allclose(scale(clip.clone()).joints, scale(larger).joints, atol=1e-3)
    joints = clip.joints.clone()
    joints[1] *= 2  # the second body's size is kept
    data = scale(SkeletonData.from_joints(joints, clip.frame_mask))
    assert torch.allclose(data.joints[0], scale(clip.clone()).joints[0], atol=1e-4)


def test_a_body_item_is_scaled_by_the_main_body_of_its_clip():
    topology = Topology.load("ntu_rgbd")
    joints, scale = torch.randn(1, 1, 4, 25, 3), ScaleBody(topology)
    data = SkeletonData.from_joints(joints)
    data.reference = torch.randn(1, 25, 3)
    factor = 7 / size(topology, data.reference[0])
    found = scale(data)
    assert torch.allclose(found.joints, joints * factor, rtol=1e-4)
    assert size(topology, found.reference[0]) == pytest.approx(7, rel=1e-5)


def test_a_skeleton_without_a_bone():
    point = Topology(
        {"name": "p", "dim": 3, "joints": {"p": None}, "mirror": {}, "parts": {"p": ["p"]}, "center": ["p"]}
    )
    with pytest.raises(TopologyError, match="the size of a body needs a bone, topology 'p' has one joint"):
        ScaleBody(point)


def test_a_body_without_a_size_stays():
    assert not ScaleBody(Topology.load("ntu_rgbd"))(SkeletonData.from_joints(torch.zeros(1, 4, 25, 3))).joints.any()
