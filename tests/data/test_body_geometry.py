from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.data.body_geometry import bone_lengths, heading_spread, reference_pose, upright_axis
from skgraph.topology import Topology


def test_reference_pose():
    joints = torch.arange(6.0).view(2, 3, 1, 1)  # bodies 0 1 2 | 3 4 5
    cases = {
        0.0: [[True, True, True], [True, True, True]],
        2.0: [[False, False, True], [True, True, True]],  # the first body, though the second appears earlier
        4.0: [[False, False, False], [False, True, True]],  # the first body that ever appears
    }
    for expected, frame_mask in cases.items():
        assert reference_pose(joints, torch.tensor(frame_mask)).tolist() == [[expected]]
    batch = reference_pose(joints.expand(3, 2, 3, 1, 1), torch.tensor(list(cases.values())))
    assert batch.flatten().tolist() == list(cases)


def store_of(tmp_path, topology, bodies):
    with StoreWriter(tmp_path / "store", topology, ["a"]) as writer:
        for i, joints in enumerate(bodies):
            writer.add(joints[None].astype(np.float32), y=0, name=str(i))
    return SkeletonStore.open(tmp_path / "store")


def people(axis, sign=1, count=20):
    """Spines within some degrees of an axis."""
    topology, rng = Topology.load("ntu_rgbd"), np.random.default_rng(0)
    height = -topology.hops[topology.root].numpy().astype(float)
    joints = rng.normal(0, 0.05, (count, 5, 25, 3))
    joints[..., axis] += sign * 0.3 * height
    return topology, joints


@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (1, 1), (1, -1), (2, 1)])
def test_people_who_stand(tmp_path, axis, sign):
    assert upright_axis(store_of(tmp_path, *people(axis, sign))) == "xyz"[axis]


def test_no_such_axis(tmp_path):
    topology, _ = people(1)
    bodies = [people(axis)[1][0] for axis in range(3)]
    assert upright_axis(store_of(tmp_path, topology, bodies)) is None
    flat = Topology.load("coco_17")
    assert upright_axis(store_of(tmp_path / "flat", flat, np.random.default_rng(0).random((3, 4, 17, 2)))) is None


@pytest.mark.parametrize("deviation", [0.05, 0.4, 1.0])
def test_heading_spread_is_the_deviation_of_the_angles(tmp_path, topology, deviation):
    """Of a wrapped normal distribution the circular standard deviation is that of the normal distribution."""
    pose = np.random.default_rng(1).normal(size=(25, 3))
    c, s = np.cos(angles := np.random.default_rng(2).normal(3, deviation, 400)), np.sin(angles)
    zero = 0 * c
    turns = np.array([[c, zero, s], [zero, zero + 1, zero], [-s, zero, c]]).transpose(2, 0, 1)
    store = store_of(tmp_path, topology, (pose @ turns.transpose(0, 2, 1))[:, None].repeat(3, axis=1))
    assert heading_spread(store, torch.arange(400)) == pytest.approx(deviation, rel=0.1)
    assert heading_spread(store, torch.arange(1)) == pytest.approx(0, abs=2e-3)
    many = torch.arange(400).repeat_interleave(2**9)  # of 204,800 clips every fourth is read
    assert heading_spread(store, many) == pytest.approx(heading_spread(store, torch.arange(400)), rel=1e-6)


def test_no_heading(tmp_path):
    flat = Topology.load("coco_17")
    store = store_of(tmp_path, flat, np.random.default_rng(0).random((3, 4, 17, 2)))
    assert heading_spread(store, torch.arange(3)) is None


def test_bone_lengths_by_hand(topology):
    joints = np.zeros((3, 25, 5), np.float32)
    child = int(topology.edges[0, 1])
    joints[0, child] = [1, 3, 2, 2, 2]  # two bodies: 1, 3 and 2, 2, 2
    mean, variation = bone_lengths(joints, np.array([0, 2]), topology)
    assert mean[:, 0].tolist() == [2, 2] and variation[:, 0].tolist() == [0.5, 0]
    other = [i for i, edge in enumerate(topology.edges.tolist()) if child not in edge]
    assert np.isnan(variation[:, other]).all()
