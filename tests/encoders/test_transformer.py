from __future__ import annotations

import pytest
import torch

from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


@pytest.fixture
def encoder(topology):
    torch.manual_seed(0)
    return TransformerEncoder(topology, frames=16, patch_length=4, dim=32, depth=2, heads=4).eval()


def test_shapes_and_attributes(encoder):
    joints = torch.randn(2, 16, 25, 3)
    assert encoder.dim == 32 and encoder.grid == (4, 25)
    assert encoder(joints).shape == (2, 100, 32)
    assert encoder(joints, torch.tensor([[0, 7, 99], [3, 4, 5]])).shape == (2, 3, 32)


def test_the_papers_size_has_its_parameters(topology):
    encoder = TransformerEncoder(topology, frames=64)
    blocks = 8 * (4 * 256**2 + 4 * 256 + 8 * 256**2 + 5 * 256 + 4 * 256)
    assert sum(p.numel() for p in encoder.parameters()) == blocks + 4 * 256 + (64 + 25) * 256 + 2 * 256


def test_embedding_is_linear_plus_joint_plus_time(encoder):
    encoder.blocks = torch.nn.ModuleList()
    joints = torch.randn(1, 16, 25, 3)
    positions = encoder.positions
    expected = (
        encoder.embed.weight @ joints[0, 8:12, 7].flatten()
        + encoder.embed.bias
        + positions.joint_embedding[7]
        + positions.time_embedding[2]
    )
    assert torch.allclose(encoder(joints, torch.tensor([[57]]))[0, 0], encoder.norm(expected), atol=1e-6)


def test_gradient_checkpointing_changes_nothing(topology):
    gradients = []
    for recompute in (False, True):
        torch.manual_seed(0)
        encoder = TransformerEncoder(
            topology, 8, patch_length=4, dim=16, depth=2, heads=2, drop_path=0.3, gradient_checkpointing=recompute
        )
        torch.manual_seed(1)
        encoder(torch.randn(4, 8, 25, 3)).square().sum().backward()
        gradients.append(encoder.embed.weight.grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("name", ["coco_17", "uiprmd_22", "hand_21"])
def test_the_topology_gives_the_joint_count(name):
    topology = Topology.load(name)
    encoder = TransformerEncoder(topology, 8, channels=topology.dim, patch_length=4, dim=16, depth=1, heads=2)
    assert encoder(torch.randn(1, 8, topology.num_joints, topology.dim)).shape == (1, 2 * topology.num_joints, 16)


def test_errors(encoder, topology):
    with pytest.raises(ConfigError, match="patch_length must divide the frames, found 5 for 16"):
        TransformerEncoder(topology, 16, patch_length=5)
    with pytest.raises(DataError, match=r"expects joints \[B, 16, 25, 3\], found \[2, 16, 24, 3\]"):
        encoder(torch.zeros(2, 16, 24, 3))
