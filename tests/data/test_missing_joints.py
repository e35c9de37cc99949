from __future__ import annotations

import numpy as np
import pytest
import torch

from skgraph.data.missing_joints import bone_distance, interpolate_unseen
from skgraph.topology import Topology


def test_the_parent_is_the_nearest_of_the_neighbours():
    topology = Topology.load("ntu_rgbd")
    distance = bone_distance(topology)
    assert not distance.diagonal().any()
    for joint, parent in enumerate(topology.parents.tolist()):
        others = distance[joint].clone()
        others[joint] = torch.inf
        assert (others == 1).nonzero().flatten().tolist() == [parent] * (joint != topology.root)
    assert torch.equal((distance / 2).ceil(), topology.hops.float())


@pytest.mark.parametrize("seed", range(5))
def test_it_is_linear_interpolation_in_time(seed):
    generator = torch.Generator().manual_seed(seed)
    joints = torch.randn(3, 2, 20, 4, 2, generator=generator, dtype=torch.double)
    seen = torch.rand(3, 2, 20, 4, generator=generator) < 0.3
    seen[:, :, seed] = True  # every joint in some frame
    filled = interpolate_unseen(joints, seen)
    for b, m, v, c in np.ndindex(3, 2, 4, 2):
        known = np.flatnonzero(seen[b, m, :, v])
        expected = np.interp(np.arange(20), known, joints[b, m, known, v, c])
        np.testing.assert_allclose(filled[b, m, :, v, c], expected, atol=1e-12)
    assert torch.equal(filled[seen], joints[seen])


def test_never_seen_joints_follow_the_nearest_one():
    topology = Topology.load("ntu_rgbd")
    joints, seen = torch.randn(2, 10, 25, 3), torch.ones(2, 10, 25, dtype=torch.bool)
    hand, thumb, tip = (topology.joints.index(name) for name in ("HandLeft", "ThumbLeft", "HandTipLeft"))
    seen[0, :, [thumb, tip]] = False
    seen[:, 2:9, hand] = False
    filled = interpolate_unseen(joints, seen, bone_distance(topology))
    for joint in (thumb, tip):  # the hand as it is filled in
        assert torch.equal(filled[0, :, joint], filled[0, :, hand])
    assert torch.equal(filled[1, :, tip], joints[1, :, tip])


@pytest.mark.parametrize("shape", [(0, 5, 4), (1, 0, 4), (2, 5, 4)])
def test_nothing_seen_or_nothing_there(shape):
    filled = interpolate_unseen(torch.ones(*shape, 3), torch.zeros(shape, dtype=torch.bool), torch.ones(4, 4))
    assert filled.shape == (*shape, 3) and filled.isfinite().all()
