import networkx as nx
import pytest
import torch

from skgraph.encoders.visible_graph import TokenEdge, VisibleGraph
from skgraph.topology import Topology


@pytest.fixture
def graph(topology):
    return VisibleGraph(topology, patches=3)


def nodes(graph, size):
    return nx.Graph(graph.edge_index.T.tolist()) if graph.edge_index.numel() else nx.empty_graph(size)


def test_the_whole_grid(graph, topology):
    whole = graph.whole(2)
    assert whole.edge_index.shape == (2, 2 * 2 * (3 * 24 + 2 * 25))  # bodies, directions, bones and times
    assert (whole.hops == 1).all()
    assert (whole.edge_type == TokenEdge.BONE).sum() == 2 * 2 * 3 * 24
    assert (whole.edge_type == TokenEdge.TEMPORAL).sum() == 2 * 2 * 2 * 25
    assert nx.number_connected_components(nodes(whole, 150)) == 2


def test_everything_visible_is_the_whole_grid(graph):
    everything = graph(torch.arange(75).expand(2, -1))
    code = lambda g: torch.unique(g.edge_index[0] * 150 + g.edge_index[1])  # noqa: E731
    assert torch.equal(code(everything), code(graph.whole(2)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["ntu_rgbd", "coco_17", "hand_21"])
def test_what_remains_is_connected_and_symmetric(name, seed):
    topology = Topology.load(name)
    grid = VisibleGraph(topology, patches=4)
    generator = torch.Generator().manual_seed(seed)
    visible = torch.stack([torch.randperm(4 * topology.num_joints, generator=generator)[:7] for _ in range(3)])
    result = grid(visible)
    assert nx.number_connected_components(nodes(result, 21)) == 3  # one for each body
    edges = set(map(tuple, result.edge_index.T.tolist()))
    assert edges == {(b, a) for a, b in edges} and all(a != b for a, b in edges)


def test_it_is_the_induced_subgraph_and_shortcuts(graph, topology):
    neck, head = topology.joint("Neck"), topology.joint("Head")
    hand = topology.joint("HandRight")
    visible = torch.tensor([[neck, head, hand]])
    result = graph(visible)
    edges = {
        (a, b): (kind, hops)
        for (a, b), kind, hops in zip(
            result.edge_index.T.tolist(), result.edge_type.tolist(), result.hops.tolist(), strict=True
        )
    }
    assert edges[0, 1] == (TokenEdge.BONE, 1)
    far = int(topology.hops[neck, hand])
    assert edges[0, 2] == (TokenEdge.SHORTCUT, far) and far > 1
    assert (1, 2) not in edges  # the head is reached through the neck


def test_the_order_of_the_visible_tokens_is_no_matter(graph):
    visible = torch.tensor([[3, 40, 60, 11, 74]])
    order = torch.tensor([4, 0, 3, 1, 2])
    pairs = lambda v: {(int(v[0, a]), int(v[0, b])) for a, b in graph(v).edge_index.T.tolist()}  # noqa: E731
    assert pairs(visible) == pairs(visible[:, order])


def test_edge_attributes(graph):
    whole = graph.whole(1)
    assert whole.edge_attr.shape == (whole.edge_index.size(1), VisibleGraph.EDGE_DIM)
    assert (whole.edge_attr[:, -1] == 1).all() and (whole.edge_attr[:, :3].sum(1) == 1).all()


def test_one_visible_token_has_no_edges(graph):
    assert graph(torch.tensor([[5], [7]])).edge_index.shape == (2, 0)
