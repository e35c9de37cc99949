"""A skeleton small enough to check by hand, and a batch with everything that can be absent."""

import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.topology import Topology

JOINTS = {"pelvis": None, "chest": "pelvis", "head": "chest", "left": "chest", "right": "chest"}


def _topology(dim):
    return Topology.from_dict(
        {
            "name": f"tiny_{dim}d",
            "dim": dim,
            "joints": JOINTS,
            "mirror": {"left": "right"},
            "parts": {"torso": ["pelvis", "chest", "head"], "arms": ["left", "right"]},
            "center": "pelvis",
            "across": {"from": "right", "to": "left"},
            "up": {"from": "pelvis", "to": "chest"},
        }
    )


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture
def topology():
    return _topology(3)


@pytest.fixture
def planar():
    return _topology(2)


@pytest.fixture
def batch():
    """3 graphs of 2 bodies, 8 frames, 5 joints: a body that never appears, one that enters late and one that leaves."""
    joints = torch.randn(3, 2, 8, 5, 3, generator=torch.Generator().manual_seed(0))
    frame_mask = torch.ones(3, 2, 8, dtype=torch.bool)
    frame_mask[0, 1] = False
    frame_mask[1, 0, :3] = False
    frame_mask[2, 1, 6:] = False
    return SkeletonData.from_joints(joints * frame_mask[..., None, None], frame_mask)
