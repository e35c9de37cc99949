import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms import SwapSides


def test_left_and_right_change_places_for_a_span(topology):
    data = SkeletonData.from_joints(torch.randn(300, 2, 20, 5, 3))
    data.confidence = torch.rand(300, 2, 20, 5)
    out = SwapSides(topology, 0.1, 0.4)(data, torch.Generator().manual_seed(0))
    swapped = (out.joints != data.joints).any(dim=-1)
    assert not swapped[..., :3].any()  # pelvis, chest and head have no side
    assert torch.equal(swapped[..., 3], swapped[..., 4])
    inside = swapped[..., 3]
    assert inside.sum(dim=-1).unique().tolist() == list(range(2, 9))
    assert not torch.equal(inside[:, 0], inside[:, 1])  # bodies draw for themselves
    mirrored = [0, 1, 2, 4, 3]
    assert torch.equal(out.joints[inside], data.joints[inside][:, mirrored])
    assert torch.equal(out.confidence[inside], data.confidence[inside][:, mirrored])
    assert torch.equal(out.confidence[~inside], data.confidence[~inside])


def test_all_frames_twice_is_the_identity_and_no_sides_nothing_to_swap(topology, batch):
    swap = SwapSides(topology, 1.0, 1.0)
    assert not torch.equal(swap(batch).x, batch.x) and torch.equal(swap(swap(batch)).x, batch.x)
    hand = Topology.load("hand_21")
    data = SkeletonData.from_joints(torch.randn(2, 1, 4, 21, hand.dim))
    assert torch.equal(SwapSides(hand, 1.0, 1.0)(data).x, data.x)


def test_swap_sides_errors(topology):
    assert repr(SwapSides(topology)) == "SwapSides(tiny_3d, low=0.0, high=0.25)"
    with pytest.raises(ConfigError, match="SwapSides: 0 <= low <= high <= 1 is needed, found low=-1, high=0.25"):
        SwapSides(topology, low=-1)
