import numpy as np
import pytest

from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.topology import Topology

# 0 - 1 - 2, 1 - 3
JOINTS = {"hip": None, "neck": "hip", "head": "neck", "hand": "neck"}
TOPOLOGY = Topology.from_dict(
    {"name": "small", "dim": 2, "joints": JOINTS, "mirror": {}, "parts": {"all": list(JOINTS)}, "center": ["hip"]}
)


def test_between_the_frames_in_which_it_was_seen():
    joints = np.zeros((1, 6, 4, 2), np.float32)
    joints[0, :, 2, 0] = [np.nan, 10, 99, 99, 40, 99]
    seen = np.ones((1, 6, 4), bool)
    seen[0, :, 2] = [False, True, False, False, True, False]
    filled, frame_mask = fill_missing(joints, seen, TOPOLOGY)
    assert filled[0, :, 2, 0].tolist() == [10, 10, 20, 30, 40, 40]
    assert frame_mask.all() and filled.dtype == np.float32
    assert np.isnan(joints[0, 0, 2, 0])  # the input is left alone


@pytest.mark.parametrize("never, place", [([3], 1), ([2, 3], 1), ([1], 0), ([0], 1), ([0, 1], 2), ([0, 1, 2], 3)])
def test_never_seen_is_where_the_nearest_is(never, place):
    joints = np.arange(8, dtype=np.float64).reshape(1, 1, 4, 2)
    seen = np.ones((1, 1, 4), bool)
    seen[..., never] = False
    filled, _ = fill_missing(joints, seen, TOPOLOGY)
    for joint in never:
        assert filled[0, 0, joint].tolist() == joints[0, 0, place].tolist()


def test_a_body_that_nobody_saw_is_not_there():
    joints = np.full((2, 3, 4, 2), 7.0)
    seen = np.ones((2, 3, 4), bool)
    seen[1, 1] = False
    filled, frame_mask = fill_missing(joints, seen, TOPOLOGY)
    assert frame_mask.tolist() == [[True] * 3, [True, False, True]]
    assert (filled[1, 1] == 0).all() and (filled[frame_mask] == 7).all()
