from __future__ import annotations

import pytest
import torch
import torch_geometric.nn
import torch_geometric.typing
from torch_geometric.nn import MessagePassing

from skgraph.encoders import PyGEncoder
from skgraph.errors import ConfigError, DataError

LAYERS = {
    "GATv2Conv": {"heads": 2},
    "TransformerConv": {"heads": 2},
    "GINEConv": None,
    "RGCNConv": None,
    "GCNConv": None,
    "SAGEConv": None,
    "ResGatedGraphConv": None,
}


def pyg(topology, conv="GATv2Conv", options=None):
    torch.manual_seed(0)
    return PyGEncoder(topology, 16, patch_length=4, conv=conv, conv_options=options, dim=16, depth=2).eval()


@pytest.fixture(params=LAYERS)
def encoder(request, topology):
    return pyg(topology, request.param, LAYERS[request.param])


def test_a_visible_joint_reaches_its_neighbours(encoder):
    joints = torch.randn(1, 16, 25, 3)
    moved = joints.clone()
    moved[0, 4:8, 5] += 1  # token 30
    visible = torch.tensor([[4, 30, 57]])
    change = (encoder(joints, visible) - encoder(moved, visible)).abs().amax(-1)[0]
    assert (change > 0).all()  # through one shortcut at most


@pytest.mark.skipif(not torch_geometric.typing.WITH_TORCH_SCATTER, reason="torch-scatter is not installed")
def test_the_same_without_torch_scatter(encoder, monkeypatch):
    joints, visible = torch.randn(2, 16, 25, 3), torch.tensor([[0, 30, 57], [3, 28, 99]])
    with_extension = encoder(joints, visible)
    monkeypatch.setattr(torch_geometric.typing, "WITH_TORCH_SCATTER", False)  # where PyG looks at every call
    assert torch.allclose(with_extension, encoder(joints, visible), atol=1e-5)


@pytest.mark.parametrize(
    ("conv", "options", "message"),
    [
        ("NoConv", None, "must be a message-passing layer of torch_geometric.nn, found 'NoConv'"),
        ("Linear", None, "found 'Linear'"),
        (None, None, "found 'None'"),
        ("GATv2Conv", {"heads": 3}, "heads must divide the width 16, found 3"),
        ("GCNConv", {"colour": 1}, "encoder.conv GCNConv cannot be built with"),
        ("GCNConv", {"cached": True}, "encoder.conv GCNConv must not cache its edges"),
        ("EdgeConv", None, "encoder.conv EdgeConv does not work on node features and edge attributes alone"),
        ("GATv2Conv", {"out_channels": 7}, r"encoder.conv GATv2Conv must keep node features \[N, 16\], found \[2, 7\]"),
        ("MFConv", None, "encoder.conv MFConv does not work .* in bf16"),
    ],
)
def test_layers_that_do_not_exist(topology, conv, options, message):
    with pytest.raises(ConfigError, match=message):
        pyg(topology, conv, options)


# Every message-passing layer of PyG either works with no options but the width, or says at once why it does not.
ALL_LAYERS = [
    name
    for name in torch_geometric.nn.conv.__all__
    if isinstance(kind := getattr(torch_geometric.nn, name), type) and issubclass(kind, MessagePassing)
]


@pytest.mark.parametrize("conv", ALL_LAYERS)
def test_a_layer_works_or_is_refused_when_it_is_built(topology, conv):
    try:
        encoder = pyg(topology, conv, None)
    except ConfigError as error:
        assert f"encoder.conv {conv} " in str(error) and "\n" not in str(error)
        assert conv not in LAYERS
    else:
        assert torch.isfinite(encoder(torch.randn(1, 16, 25, 3), torch.tensor([[0, 30, 57]]))).all()


def test_errors(topology):
    with pytest.raises(ConfigError, match="patch_length must divide the frames, found 5 for 16"):
        PyGEncoder(topology, 16, patch_length=5)
    with pytest.raises(DataError, match=r"expects joints \[B, 16, 25, 3\], found \[2, 16, 24, 3\]"):
        pyg(topology)(torch.zeros(2, 16, 24, 3))
