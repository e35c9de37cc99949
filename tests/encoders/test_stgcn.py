from __future__ import annotations

import pytest
import torch
from torch_geometric.nn import MessagePassing

from skgraph.data.edges import spatiotemporal_edges
from skgraph.encoders import STGCNEncoder
from skgraph.encoders.stgcn import STGCNBlock, _strides
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


@pytest.fixture
def encoder(topology):
    torch.manual_seed(0)
    return STGCNEncoder(topology, frames=16, patch_length=4, widths=(8, 8, 16, 16)).eval()


def test_shapes_and_attributes(encoder):
    joints = torch.randn(2, 16, 25, 3)
    assert encoder.dim == 16 and encoder.grid == (4, 25)
    assert encoder(joints).shape == (2, 100, 16)
    assert encoder(joints, torch.tensor([[0, 7, 99], [3, 4, 5]])).shape == (2, 3, 16)


def test_the_papers_size(topology):
    parameters = sum(p.numel() for p in STGCNEncoder(topology, frames=64).parameters())
    assert 2.9e6 < parameters < 3.2e6


class Partitioned(MessagePassing):
    """The same convolution as message passing: weights on edges, one set of features for each partition."""

    def __init__(self):
        super().__init__(aggr="add", node_dim=0)

    def forward(self, x, edge_index, weight):
        return self.propagate(edge_index, x=x, weight=weight)

    def message(self, x_j, weight):
        return weight[:, None] * x_j


def test_the_dense_path_is_message_passing_on_the_skeleton_graph(topology):
    torch.manual_seed(0)
    block = STGCNBlock(3, 5, topology.partitions(), 9, 1)
    torch.nn.init.normal_(block.edge_weight)
    frames = 4
    x = torch.randn(1, frames, 25, 3)
    bones, _ = spatiotemporal_edges(topology, 1, frames, temporal=False)
    node = torch.arange(frames * 25)
    edge_index = torch.cat([bones, node.expand(2, -1)], dim=1)  # bones in both directions, and every joint itself
    source, target = edge_index[0] % 25, edge_index[1] % 25
    parts = []
    for weights in block.adjacency * block.edge_weight:
        parts.append(Partitioned()(x.view(-1, 3), edge_index, weights[target, source]))
    expected = block.spatial(torch.cat(parts, dim=1)).view(1, frames, 25, 5)
    assert torch.allclose(block.graph_convolution(x), expected, atol=1e-5)


def test_visible_joints_matter(encoder):
    joints = torch.randn(1, 16, 25, 3)
    moved = joints.clone()
    moved[0, 4:8, 5] += 1  # token 30
    visible = torch.tensor([[0, 30, 57]])
    assert not torch.allclose(encoder(joints, visible), encoder(moved, visible))


def test_information_travels_along_bones_only(topology):
    """Without time, one block reaches one bone."""
    block = STGCNBlock(3, 4, topology.partitions(), 9, 1)
    x = torch.zeros(1, 1, 25, 3)
    touched = block.graph_convolution(x.index_fill(2, torch.tensor([4]), 1.0)) != block.graph_convolution(x)
    assert (
        touched.any(-1).flatten().nonzero().flatten().tolist() == (topology.hops[4] <= 1).nonzero().flatten().tolist()
    )


@pytest.mark.parametrize(
    ("patch_length", "widths", "strides"),
    [
        (1, (4, 4, 8), [1, 1, 1]),
        (4, (4, 8, 8, 16), [1, 2, 1, 2]),
        (16, (4, 8, 16), [1, 4, 4]),
        (6, (4, 8, 16), [1, 3, 2]),
        (4, (4, 4), [1, 4]),
        (16, (4, 4, 8, 8), [1, 4, 2, 2]),
    ],
)
def test_strides_multiply_to_the_patch_length(patch_length, widths, strides):
    assert _strides(patch_length, widths, 9) == strides


@pytest.mark.parametrize("name", ["coco_17", "uiprmd_22"])
def test_the_topology_gives_the_joint_count(name):
    topology = Topology.load(name)
    encoder = STGCNEncoder(topology, 8, channels=topology.dim, patch_length=2, widths=(4, 8))
    assert encoder(torch.randn(1, 8, topology.num_joints, topology.dim)).shape == (1, 4 * topology.num_joints, 8)


def test_errors(encoder, topology):
    with pytest.raises(ConfigError, match="patch_length must divide the frames, found 5 for 16"):
        STGCNEncoder(topology, 16, patch_length=5)
    with pytest.raises(ConfigError, match="patch_length 16 needs a temporal stride of 16, longer than the kernel of 9"):
        STGCNEncoder(topology, 16, patch_length=16, widths=(4, 8))
    with pytest.raises(ConfigError, match="odd kernel_size"):
        STGCNEncoder(topology, 16, kernel_size=4)
    with pytest.raises(DataError, match=r"expects joints \[B, 16, 25, 3\], found \[2, 16, 24, 3\]"):
        encoder(torch.zeros(2, 16, 24, 3))
