"""Time of the data path beside the preparation of the same graphs one by one."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch_geometric.data import Batch, Data
from torch_geometric.transforms import Compose, RandomRotate, RandomScale

from skgraph.data.edges import spatiotemporal_edges
from skgraph.data.temporal import sample_positions, sample_windows
from skgraph.performance.data import DataPath, benchmark_data, open_data_path
from skgraph.performance.timing import median_seconds


def benchmark_graph_by_graph(config: dict[str, Any], batch_size: int, repeats: int) -> dict[str, float]:
    """Time the data path of a batch, a training step on it, and the same data path graph by graph.

    Graph by graph, one ``Data`` at a time passes through PyTorch Geometric's own random transforms, gets the
    spatiotemporal edges, and is collated with ``Batch``.

    Args:
        config: configuration of a pre-training (dataset, recipe).
        batch_size: bodies in a batch.
        repeats: timed batches; the median counts.

    Returns:
        Results of :func:`skgraph.performance.data.benchmark_data`, the milliseconds graph by graph, and their ratio.
    """
    measured = benchmark_data(config, batch_size, repeats)
    path = open_data_path(config, batch_size)
    prepare = _graph_by_graph(path, config)
    measured["graph_by_graph_ms"] = 1e3 * median_seconds(lambda: prepare(path.rows), max(3, repeats // 5))
    measured["graph_by_graph_over_data_path"] = measured["graph_by_graph_ms"] / measured["data_path_ms"]
    return measured


def _graph_by_graph(path: DataPath, config: dict[str, Any]) -> Callable[[torch.Tensor], list[Batch]]:
    """Return a function that prepares the views and masks of bodies one graph at a time, with collated edges."""
    dataset, views, frames = copy.copy(path.dataset), path.views, config["frames"]
    dataset.frames = None  # items of full length
    edge_index, edge_type = spatiotemporal_edges(dataset.store.topology, 1, frames)
    augment = Compose([RandomRotate(20, axis=1), RandomScale((0.9, 1.1))])
    tokens = math.prod(path.objective.encoder.grid)
    masked = int(views.mask.ratio * tokens)

    def prepare(rows: torch.Tensor) -> list[Batch]:
        graphs: list[list[Data]] = [[] for _ in range(views.num_views)]
        for i in rows.tolist():
            body = dataset.get(i)
            start, width = sample_windows(torch.tensor([body.joints.size(1)]), *config["crop"])
            position = sample_positions(start, width, frames)[0]
            low = position.long()
            high = (low + 1).clamp(max=body.joints.size(1) - 1)
            body.joints = torch.lerp(body.joints[:, low], body.joints[:, high], (position - low)[:, None, None])
            body.frame_mask = body.frame_mask[:, low]
            body = views.normalise(body)
            for view in graphs:
                order = torch.rand(tokens).argsort()
                graph = Data(pos=body.x, edge_index=edge_index, edge_type=edge_type, y=body.y)
                graph.masked, graph.visible = order[:masked][None], order[masked:][None]
                view.append(augment(graph))
        return [Batch.from_data_list(view) for view in graphs]

    return prepare
