import numpy as np
import pytest

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.data.upright_axis import upright_axis
from skgraph.topology import Topology


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
