"""Time of the data path beside a training step."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from skgraph.build import open_store, training_bodies, with_measurements
from skgraph.data import EpochLoader, SkeletonDataset
from skgraph.objectives import Objective
from skgraph.performance.timing import median_seconds
from skgraph.performance.training_step import TrainingStep, build_method
from skgraph.training import ViewMaker


class DataPath(NamedTuple):
    """One batch of a pre-training, and its preparation."""

    dataset: SkeletonDataset
    objective: Objective
    views: ViewMaker
    rows: Tensor
    generator: torch.Generator

    def prepare(self) -> tuple[Tensor, ...]:
        """Read the bodies, make their views and draw their masks."""
        return self.views(self.dataset.batch(self.rows, self.generator), self.generator)


def open_data_path(config: dict[str, Any], batch_size: int) -> DataPath:
    """Open the dataset of a pre-training configuration, and choose the bodies of its first batch."""
    store, split = open_store(config["dataset"])
    dataset = training_bodies(config, store, split)
    loader = EpochLoader(dataset, batch_size)
    method = build_method(with_measurements(config, dataset), store.topology)
    return DataPath(dataset, *method, loader.order(0)[:batch_size], loader.step_generator(0))


def benchmark_data(config: dict[str, Any], batch_size: int, repeats: int) -> dict[str, float]:
    """Time the data path of a batch and a training step on it.

    The data path reads bodies, crops, resamples and normalises them, augments each view and draws a mask of tokens.

    Args:
        config: configuration of a pre-training (dataset, recipe).
        batch_size: bodies in a batch.
        repeats: timed batches; the median counts.
    """
    path = open_data_path(config, batch_size)
    prepared = path.prepare()
    step = TrainingStep(path.objective, lambda: prepared, torch.device("cpu"), config["precision"])
    gather = median_seconds(lambda: path.dataset.batch(path.rows, path.generator), repeats)
    whole = median_seconds(path.prepare, repeats)
    training = median_seconds(step, max(3, repeats // 5))
    return {
        "gather_ms": 1e3 * gather,
        "data_path_ms": 1e3 * whole,
        "training_step_ms": 1e3 * training,
        "data_path_share_of_step": whole / (whole + training),
    }
