import pytest
import torch

from skgraph.data import SkeletonData
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms import ScaleLimbs, ToBone


@pytest.mark.parametrize("name", Topology.available())
def test_every_bone_of_a_group_is_scaled_by_one_factor_and_the_root_stays(name):
    topology = Topology.load(name)
    graphs = SkeletonData.from_joints(torch.randn(4, 2, 3, topology.num_joints, topology.dim))
    scaled = ScaleLimbs(topology)(graphs, torch.Generator().manual_seed(0))
    assert torch.equal(scaled.joints[..., topology.root, :], graphs.joints[..., topology.root, :])
    to_bone, child = ToBone(topology), topology.edges[:, 1]
    before, after = (to_bone(x).joints[..., child, :] for x in (graphs, scaled))
    factor = (after * before).sum(-1) / before.square().sum(-1)
    assert torch.allclose(after, factor[..., None] * before, atol=1e-4)  # no bone turns
    assert 0.849 < factor.min() < factor.max() < 1.151
    assert (factor.amax((1, 2)) - factor.amin((1, 2)) < 1e-3).all()  # one draw a graph
    part = {int(v): key for key, joints in topology.parts.items() for v in joints}
    factors = {}
    for bone, v in enumerate(child.tolist()):
        for joint in (v, int(topology.mirror[v])):
            factors.setdefault(part[joint], set()).add(round(float(factor[0, 0, 0, bone]), 3))
    assert all(max(values) - min(values) < 2e-3 for values in factors.values())
    assert len(ScaleLimbs(topology).group.unique()) == (6 if name == "hand_21" else 3)


def test_the_factors_differ_between_groups_and_graphs(topology):
    graphs = SkeletonData.from_joints(torch.randn(1, 1, 1, 5, 3).expand(50, 1, 1, 5, 3))
    out = ToBone(topology)(ScaleLimbs(topology)(graphs)).joints[:, 0, 0].norm(dim=-1)
    lengths = ToBone(topology)(graphs).joints[:, 0, 0].norm(dim=-1)
    head, left, right = ((out / lengths)[:, topology.joint(name)] for name in ("head", "left", "right"))
    assert torch.allclose(left, right, atol=1e-5) and (left - head).abs().mean() > 0.05
    assert len(left.unique()) > 40


def test_equal_factors_of_one_change_nothing(topology, batch):
    assert torch.allclose(ScaleLimbs(topology, 1.0, 1.0)(batch).x, batch.x, atol=1e-6)


def test_factors_must_rise(topology):
    with pytest.raises(ConfigError, match="0 < low <= high is needed, found low=1.2, high=0.8"):
        ScaleLimbs(topology, 1.2, 0.8)
