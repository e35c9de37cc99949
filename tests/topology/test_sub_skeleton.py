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
        assert (
            len(set(joints.values())) == part.num_joints and joints[part.joints[part.root]] == whole.joints[whole.root]
        )
        assert (part.across is None) == (whole.across is None)
        assert bool(part.landmarks) == (seed % 2 == 0 and bool(whole.landmarks))
        weights = MapJoints(whole, part, joints).weights
        assert [whole.joints[v] for v in weights.argmax(dim=1)] == list(joints.values()) and (weights.sum(1) == 1).all()
    assert sub_skeleton(whole, 3, named=False) == drawn[3]


def test_errors(topology):
    with pytest.raises(TopologyError, match="has no joint 'Tail'"):
        topology.without(["Tail"])
    with pytest.raises(TopologyError, match="needs at least two joints, found 1"):
        topology.without(topology.joints[1:])
