"""The contract, for every encoder."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from skgraph.encoders import Encoder, STGCNEncoder, TransformerEncoder
from skgraph.errors import ConfigError, DataError
from tests.encoders.test_pyg import LAYERS, pyg

KINDS = {
    "transformer": partial(TransformerEncoder, frames=16, patch_length=4, dim=16, depth=2, heads=2),
    "stgcn": partial(STGCNEncoder, frames=16, patch_length=4, widths=(8, 8, 16, 16)),
    **{name: partial(pyg, conv=name, options=options) for name, options in LAYERS.items()},
}


@pytest.fixture(params=KINDS)
def encoder(request, topology) -> Encoder:
    torch.manual_seed(0)
    return KINDS[request.param](topology).eval()


@pytest.fixture
def batch():
    """Two bodies, three visible tokens each, and large noise where tokens are hidden."""
    generator = torch.Generator().manual_seed(0)
    joints = torch.randn(2, 16, 25, 3, generator=generator)
    visible = torch.tensor([[0, 30, 57], [3, 28, 99]])
    hidden = torch.ones(2, 100, dtype=torch.bool).scatter_(1, visible, False)
    noise = 100 * torch.randn(joints.shape, generator=generator)
    return joints, visible, noise * hidden.view(2, 4, 1, 25, 1).expand(-1, -1, 4, -1, -1).flatten(1, 2)


def test_shapes(encoder, batch):
    joints, visible, _ = batch
    assert encoder.dim == 16 and encoder.grid == (4, 25)
    assert encoder(joints).shape == (2, 100, 16) and encoder(joints, visible).shape == (2, 3, 16)


def test_hidden_joints_cannot_leak(encoder, batch):
    joints, visible, noise = batch
    assert noise.any()
    assert torch.equal(encoder(joints, visible), encoder(joints + noise, visible))


def test_bodies_do_not_meet(encoder, batch):
    joints, visible, _ = batch
    assert torch.allclose(encoder(joints, visible)[1:], encoder(joints[1:], visible[1:]), atol=1e-5)


def test_all_tokens_visible_equals_no_mask(encoder, batch):
    joints, _, _ = batch
    assert torch.allclose(encoder(joints), encoder(joints, torch.arange(100).expand(2, -1)), atol=1e-5)


def test_output_follows_the_order_of_visible(encoder, batch):
    joints, visible, _ = batch
    assert torch.allclose(encoder(joints, visible).flip(1), encoder(joints, visible.flip(1)), atol=1e-5)


@pytest.mark.parametrize(
    "visible", [torch.tensor([[0, 50]] * 2), torch.tensor([[0, -1]] * 2), torch.tensor([[0, 7]]), torch.rand(2, 3)]
)
def test_visible_must_be_token_ids_of_each_body(topology, visible):
    encoder = TransformerEncoder(topology, frames=8, patch_length=4, dim=16, depth=1, heads=2)
    with pytest.raises(DataError, match=r"visible must be token ids \[2, K\], int64 in 0 to 49, found"):
        encoder(torch.randn(2, 8, 25, 3), visible)


@pytest.mark.parametrize("options", [{"frames": 0}, {"frames": 8, "topology": "ntu_rgbd"}])
def test_an_encoder_needs_frames_and_a_topology(topology, options):
    with pytest.raises(ConfigError, match="must be at least 1, found|takes a Topology"):
        TransformerEncoder(**{"topology": topology} | options)
