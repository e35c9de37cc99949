from __future__ import annotations

import pytest

from skgraph.errors import TopologyError
from skgraph.topology import Topology
from skgraph.topology.sub_skeleton import sub_skeleton


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
    parts = [sub_skeleton(whole, seed) for seed in range(6)]
    assert len({part.joints for part in parts}) > 1 or whole.num_joints < 16
    for seed, part in enumerate(parts):
        assert 4 < part.num_joints <= whole.num_joints and set(part.joints) <= set(whole.joints)
        assert (part.across is None) == (whole.across is None) and part.joints[part.root] == whole.joints[whole.root]
        declared = {joint for joint in part.landmarks if part.landmarks[joint] != joint}
        assert bool(declared) == (seed % 2 == 0 and bool(whole.landmarks))  # a joint's name may be its landmark
    assert sub_skeleton(whole, 3) == parts[3]


def test_errors(topology):
    with pytest.raises(TopologyError, match="has no joint 'Tail'"):
        topology.without(["Tail"])
    with pytest.raises(TopologyError, match="needs at least two joints, found 1"):
        topology.without(topology.joints[1:])
