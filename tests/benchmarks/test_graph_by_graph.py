import pytest
from torch_geometric.data import Batch

from benchmarks.graph_by_graph import _graph_by_graph, benchmark_graph_by_graph
from skgraph.performance.data import open_data_path
from tests.test_configs import SMALL, composed


@pytest.fixture
def config(store_path):
    return composed("dataset=store", f"dataset.root={store_path}", "patch_length=4", *SMALL)


def test_the_ratio(config):
    measured = benchmark_graph_by_graph(config, batch_size=4, repeats=1)
    ratio = measured["graph_by_graph_ms"] / measured["data_path_ms"]
    assert measured["graph_by_graph_over_data_path"] == pytest.approx(ratio)
    assert measured["gather_ms"] > 0 and 0 < measured["data_path_share_of_step"] < 1


def test_graphs_are_as_many_and_as_large_as_ours(config):
    path = open_data_path(config, 3)
    views, visible, masked = path.prepare()
    graphs = _graph_by_graph(path, config)(path.rows)
    assert len(graphs) == len(views) and all(isinstance(view, Batch) for view in graphs)
    assert graphs[0].pos.shape == (views[0].numel() // 3, 3)
    assert graphs[0].visible.shape == visible.shape and graphs[0].masked.shape == masked.shape
