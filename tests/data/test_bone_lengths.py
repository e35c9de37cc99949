from __future__ import annotations

import numpy as np

from skgraph.data.bone_lengths import bone_lengths


def test_bone_lengths_by_hand(topology):
    joints = np.zeros((3, 25, 5), np.float32)
    child = int(topology.edges[0, 1])
    joints[0, child] = [1, 3, 2, 2, 2]  # two bodies: 1, 3 and 2, 2, 2
    mean, variation = bone_lengths(joints, np.array([0, 2]), topology)
    assert mean[:, 0].tolist() == [2, 2] and variation[:, 0].tolist() == [0.5, 0]
    other = [i for i, edge in enumerate(topology.edges.tolist()) if child not in edge]
    assert np.isnan(variation[:, other]).all()
