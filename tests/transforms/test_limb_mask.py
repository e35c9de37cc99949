import networkx as nx
import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms import LimbMask


def masked_sets(mask, bodies, num_joints):
    joints = torch.zeros(bodies, 1, num_joints, 3)
    return mask.draw(joints, torch.Generator().manual_seed(0))[1].tolist()


def test_repr(topology):
    assert repr(LimbMask(topology)) == "LimbMask(tiny_3d, ratio=0.9, patch_length=1, seeds=2)"


def test_one_seed_grows_one_limb(topology):
    # Two of pelvis - chest - (head, left, right): always the chest and one of its four neighbours.
    found = masked_sets(LimbMask(topology, ratio=0.4, seeds=1), 500, 5)
    assert sorted(set(map(tuple, found))) == [(0, 1), (1, 2), (1, 3), (1, 4)]


@pytest.mark.parametrize("seeds", [1, 2, 4])
@pytest.mark.parametrize("ratio", [0.3, 0.9])
def test_masked_joints_form_at_most_as_many_subgraphs_as_seeds(ratio, seeds):
    topology = Topology.load("ntu_rgbd")
    counts = []
    for joints in masked_sets(LimbMask(topology, ratio, seeds=seeds), 200, 25):
        assert len(joints) == int(ratio * 25)
        counts.append(nx.number_connected_components(topology.graph.subgraph(joints)))
    assert max(counts) <= seeds and (seeds == 1 or ratio == 0.9 or max(counts) > 1)


def test_every_joint_can_be_masked_and_can_be_visible():
    found = masked_sets(LimbMask(Topology.load("ntu_rgbd"), ratio=0.3, seeds=1), 500, 25)
    often = torch.tensor(found).flatten().bincount(minlength=25) / 500
    assert (often > 0).all() and (often < 1).all()


def test_at_a_high_ratio_the_torso_is_hidden_and_ends_of_limbs_are_seen():
    topology = Topology.load("ntu_rgbd")
    found = masked_sets(LimbMask(topology, ratio=0.9), 500, 25)
    often = torch.tensor(found).flatten().bincount(minlength=25) / 500
    leaves = torch.tensor([degree for _, degree in topology.graph.degree]) == 1
    assert often[topology.joint("SpineMid")] == 1 and often[leaves].min() < 0.8


def test_seeds_are_checked(topology):
    with pytest.raises(ConfigError, match="seeds must be between 1 and the 2 masked joints, found 3"):
        LimbMask(topology, ratio=0.4, seeds=3)
