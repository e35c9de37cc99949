from __future__ import annotations

import pytest
import torch

from skgraph.encoders import JointEmbedding, STGCNEncoder, TransformerEncoder
from skgraph.encoders.joint_embedding import describe_joints
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.topology.landmarks import vocabulary


def reordered(topology: Topology, seed: int = 0) -> tuple[Topology, torch.Tensor]:
    """The same skeleton with joints in another order, and the old number of each new joint."""
    order = torch.randperm(topology.num_joints, generator=torch.Generator().manual_seed(seed))
    spec = topology.to_dict()
    joints = {topology.joints[v]: spec["joints"][topology.joints[v]] for v in order.tolist()}
    return Topology(spec | {"joints": joints}), order


def encoder(topology, **options):
    torch.manual_seed(0)
    kind = {"patch_length": 4, "dim": 16, "depth": 2, "heads": 2, "joint_embedding": "graph"} | options
    return TransformerEncoder(topology, 16, **kind).eval()


def test_a_description_of_joints(topology):
    marks, places = describe_joints(topology)
    hand, wrist, spine = (topology.joint(name) for name in ("HandLeft", "WristLeft", "SpineMid"))
    assert vocabulary()[int(marks[spine].argmax())] == topology.landmarks["SpineMid"]
    assert (places[:, 0] * 4).tolist() == topology.hops[topology.root].tolist()
    assert places[hand, 3:6].tolist() == [1, 0, 0] and places[spine, 3:6].tolist() == [0, 1, 0]
    # The walk: the probability to be back after two steps is the mean of 1 / degree over the neighbours.
    degree = (topology.hops == 1).sum(dim=1)
    neighbours = (topology.hops[wrist] == 1).nonzero().flatten()
    assert torch.isclose(places[wrist, 7], (1 / degree[neighbours]).sum() / degree[wrist])


def test_a_joint_without_a_landmark_stands_between_the_nearest(topology):
    spec = topology.to_dict()
    known = {joint: mark for joint, mark in topology.landmarks.items() if joint not in ("ElbowLeft", "ElbowRight")}
    renamed = Topology(spec | {"name": "mine", "landmarks": known})
    weights = describe_joints(renamed)[0][renamed.joint("ElbowLeft")]
    found = {vocabulary()[i]: float(weights[i]) for i in weights.nonzero().flatten().tolist()}
    assert found == {renamed.landmarks["ShoulderLeft"]: 0.5, renamed.landmarks["WristLeft"]: 0.5}
    assert not describe_joints(Topology.load("hand_21"))[0].any()


def test_joints_in_another_order_get_the_same_vectors(topology):
    other, order = reordered(topology)
    torch.manual_seed(0)
    embedding = JointEmbedding(topology, 8)
    before = embedding()
    assert torch.allclose(embedding.use(other)(), before[order], atol=1e-6)


def test_a_permuted_topology_gives_permuted_tokens(topology):
    other, order = reordered(topology, 1)
    model, joints = encoder(topology), torch.randn(2, 16, 25, 3)
    tokens = model(joints).unflatten(1, (4, 25))
    model.use(other)
    assert torch.allclose(model(joints[:, :, order]).unflatten(1, (4, 25)), tokens[:, :, order], atol=1e-5)


def test_one_encoder_takes_any_skeleton(topology):
    model = encoder(topology)
    for name in ("uiprmd_22", "cmu_31", "hand_21"):
        other = Topology.load(name)
        model.use(other)
        assert model(torch.randn(2, 16, other.num_joints, 3)).shape == (2, 4 * other.num_joints, 16)
        visible = torch.tensor([[0, 5], [other.num_joints, 1]])
        assert model(torch.randn(2, 16, other.num_joints, 3), visible).shape == (2, 2, 16)
    built = encoder(Topology.load("cmu_31"))
    assert built.state_dict().keys() == model.state_dict().keys()  # no weight belongs to a joint
    assert all(built.state_dict()[key].shape == value.shape for key, value in model.state_dict().items())


@pytest.mark.parametrize("make", [lambda t: encoder(t, joint_embedding="table"), lambda t: STGCNEncoder(t, 16)])
def test_an_encoder_that_numbers_joints_says_so(topology, make):
    model = make(topology)
    model.use(topology)
    with pytest.raises(ConfigError, match="built for topology 'ntu_rgbd', and knows joints by their number"):
        model.use(Topology.load("uiprmd_22"))


def test_errors(topology):
    with pytest.raises(ConfigError, match="takes 3D joints"):
        encoder(topology).use(Topology.load("coco_17"))
    with pytest.raises(ConfigError, match="joint_embedding must be table or graph, found 'tree'"):
        encoder(topology, joint_embedding="tree")
