from __future__ import annotations

import pytest

from skgraph.errors import TopologyError
from skgraph.topology import Topology
from skgraph.topology.sub_skeleton import sub_skeleton
from skgraph.transforms import MapJoints


def test_children_hang_on_the_nearest_joint_that_stays(topology):
    part = topology.without(["ElbowLeft", "WristLeft", "ElbowRight", "WristRight"])
    joints = part.to_dict()["joints"]
    assert joints["HandLeft"] == "ShoulderLeft" and part.num_joints == 21 and part.root == part.joint("SpineShoulder")
    assert part.to_dict()["mirror"]["HandLeft"] == "HandRight" and "ElbowLeft" not in part.to_dict()["mirror"]
    assert part.landmarks == {joint: mark for joint, mark in topology.landmarks.items() if joint in part.joints}


def test_another_root_and_lost_directions(topology):
    root = topology.joints[topology.root]
    part = topology.without([root, "ShoulderLeft", *topology.to_dict()["center"]])
    assert part.joints[part.root] in {topology.joints[v] for v in (topology.hops[topology.root] == 1).nonzero()}
    assert part.across is None and not part.to_dict()["mirror"]  # one side lost a joint that the other keeps
    assert part.to_dict()["center"] == [part.joints[part.root]]


@pytest.mark.parametrize("name", Topology.available())
def test_random_parts_are_skeletons(name):
    whole = Topology.load(name)
    drawn = [sub_skeleton(whole, seed, named=seed % 2 == 0) for seed in range(6)]
    parts = [part for part, _ in drawn]
    assert len({part.joints for part in parts}) > 1 or whole.num_joints < 16
    for seed, (part, joints) in enumerate(drawn):
        assert 4 < part.num_joints <= whole.num_joints and tuple(joints) == part.joints
        assert len({sources[0] for sources in joints.values()}) == part.num_joints and joints[
            part.joints[part.root]
        ] == [whole.joints[whole.root]]
        assert (part.across is None) == (whole.across is None)
        assert bool(part.landmarks) == (seed % 2 == 0 and bool(whole.landmarks))
        weights = MapJoints(whole, part, joints).weights
        assert (weights.sum(1) - 1).abs().max() < 1e-6
        assert [[whole.joints[v] for v in row.nonzero().flatten()] for row in weights] == [
            sorted(sources, key=whole.joint) for sources in joints.values()
        ]
    assert sub_skeleton(whole, 3, named=False) == drawn[3]


def test_half_of_the_joints_whose_children_went_are_merged_with_them_on_both_sides(topology):
    merged = alone = 0
    for seed in range(40):
        part, joints = sub_skeleton(topology, seed)
        for joint, (first, *children) in joints.items():
            assert first == joint and all(
                topology.parents[topology.joint(c)] == topology.joint(first) for c in children
            )
            assert not set(children) & set(joints)
            mirror = part.joints[part.mirror[part.joint(joint)]]
            assert len(joints[mirror]) == 1 + len(children)
            gone = {topology.joints[v] for v in (topology.parents == topology.joint(first)).nonzero()} - set(joints)
            merged, alone = merged + bool(children), alone + bool(gone and not children)
    assert 0.3 < merged / (merged + alone) < 0.7


def test_errors(topology):
    with pytest.raises(TopologyError, match="has no joint 'Tail'"):
        topology.without(["Tail"])
    with pytest.raises(TopologyError, match="needs at least two joints, found 1"):
        topology.without(topology.joints[1:])
