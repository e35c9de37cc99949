"""What the data path costs beside a training step, and beside the usual way of preparing graphs one by one."""

from __future__ import annotations

from typing import Any

import torch
from torch_geometric.data import Batch, Data
from torch_geometric.transforms import Compose, RandomRotate, RandomScale

from skgraph.benchmarks.methods import build_method
from skgraph.benchmarks.timing import median_seconds
from skgraph.benchmarks.train import TrainingStep
from skgraph.build import measure_scale, open_store
from skgraph.data import EpochLoader, SkeletonDataset
from skgraph.data.edges import spatiotemporal_edges
from skgraph.data.temporal import sample_positions, sample_windows
from skgraph.training import ViewMaker


def benchmark_data(config: dict[str, Any], batch_size: int, repeats: int) -> dict[str, float]:
    """Time gather + transforms + mask of a batch, a training step on it, and the same work graph by graph.

    The work: read ``batch_size`` bodies, crop, resample and normalise them, rotate and scale each view at random, draw
    a random mask of tokens. The usual way does it on one ``Data`` at a time with PyTorch Geometric's own random
    transforms, attaches the spatiotemporal edges to each and collates everything with ``Batch``.

    Args:
        config: of a pre-training (dataset, recipe).
        batch_size: bodies.
        repeats: batches timed; the median counts.

    Returns:
        milliseconds a batch and the ratios that matter.
    """
    store, split = open_store(config["dataset"])
    dataset = SkeletonDataset(
        store,
        split,
        items="bodies",
        frames=config["frames"],
        crop=tuple(config["crop"]),
        min_frames=config["min_frames"],
    )
    config = measure_scale(config, dataset)
    loader = EpochLoader(dataset, batch_size)
    objective, views = build_method(config, store.topology)
    chosen, generator = loader.order(0)[:batch_size], loader.step_generator(0)

    def prepare() -> tuple[torch.Tensor, ...]:
        return views(dataset.batch(chosen, generator), generator)

    prepared = prepare()
    step = TrainingStep(objective, lambda: prepared, torch.device("cpu"), config["precision"])
    seconds = {
        "gather": median_seconds(lambda: dataset.batch(chosen, generator), repeats),
        "data_path": median_seconds(prepare, repeats),
        "training_step": median_seconds(step, max(3, repeats // 5)),
    }
    one_by_one = _graph_by_graph(dataset, config, objective.encoder.grid[0], views)
    seconds["graph_by_graph"] = median_seconds(lambda: one_by_one(chosen), max(3, repeats // 5))
    result = {f"{key}_ms": 1e3 * value for key, value in seconds.items()}
    whole = seconds["data_path"] + seconds["training_step"]
    result["data_path_share_of_step"] = seconds["data_path"] / whole
    result["graph_by_graph_over_data_path"] = seconds["graph_by_graph"] / seconds["data_path"]
    return result


def _graph_by_graph(dataset: SkeletonDataset, config: dict[str, Any], segments: int, views: ViewMaker):
    """The same views and masks, one graph at a time with collated edges."""
    topology, frames = dataset.store.topology, config["frames"]
    edge_index, edge_type = spatiotemporal_edges(topology, 1, frames)
    augment = Compose([RandomRotate(20, axis=1), RandomScale((0.9, 1.1))])
    tokens = segments * topology.num_joints
    masked = int(views.mask.ratio * tokens)

    def prepare(chosen: torch.Tensor) -> list[Batch]:
        graphs: list[list[Data]] = [[] for _ in range(views.num_views)]
        for i in chosen.tolist():
            body = dataset.get(i)
            start, width = sample_windows(torch.tensor([body.joints.size(1)]), *config["crop"])
            at = sample_positions(start, width, frames)[0]
            low = at.long()
            high = (low + 1).clamp(max=body.joints.size(1) - 1)
            body.joints = torch.lerp(body.joints[:, low], body.joints[:, high], (at - low)[:, None, None])
            body.frame_mask = body.frame_mask[:, low]
            body = views.normalise(body)
            for view in range(views.num_views):
                order = torch.rand(tokens).argsort()
                graph = Data(pos=body.x, edge_index=edge_index, edge_type=edge_type, y=body.y)
                graph.masked, graph.visible = order[:masked][None], order[masked:][None]
                graphs[view].append(augment(graph))
        return [Batch.from_data_list(view) for view in graphs]

    return prepare
