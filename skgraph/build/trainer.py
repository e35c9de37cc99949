"""The training of a run's configuration, on one store or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from skgraph._internal.distributed import Processes
from skgraph.build.components import build_encoder, build_objective, build_views, instance
from skgraph.build.measurements import with_measurements
from skgraph.build.stores import training_bodies
from skgraph.checks import check_encoder, check_objective
from skgraph.data import EpochLoader, MixedLoader, SkeletonStore
from skgraph.errors import ConfigError
from skgraph.objectives import Objective
from skgraph.topology import Topology
from skgraph.topology.sub_skeleton import sub_skeleton
from skgraph.training import Trainer, TrainerConfig, ViewMaker
from skgraph.training.loggers import Logger
from skgraph.training.prefetch import move_dataset
from skgraph.training.views import MixedViews
from skgraph.transforms import MapJoints


def build_trainer(
    config: dict[str, Any],
    stores: Sequence[tuple[SkeletonStore, str]],
    trainer_config: TrainerConfig,
    device: torch.device,
    processes: Processes = Processes(),
    logger: Mapping[str, Any] | None = None,
) -> Trainer:
    """Build the training of a run's configuration, at its first step, and make the folder of the run.

    Args:
        config: configuration of the run; ``run_config`` of the trainer has the measured scale and heading.
        stores: one or more, each with the split whose training clips are used.
        trainer_config: made from ``config["trainer"]``.
        device: where to compute.
        processes: processes of a distributed training.
        logger: names a class in ``_target_``, with its options; ``None`` is TensorBoard.

    Raises:
        DataError: a component cannot be built, or a custom one breaks its contract.
    """
    store, split = stores[0]
    given, config = config, with_measurements(config, training_bodies(config, store, split))
    given = given | {"normalise": config["normalise"]}  # one scale for all stores, as evaluations have one
    torch.manual_seed(config["seed"])
    encoder = build_encoder(config, store.topology)
    if _is_custom(config["encoder"]):
        check_encoder(encoder, config["frames"], store.topology.dim)
    objective = build_objective(config, encoder, store.topology)
    if _is_custom(config["objective"]):
        check_objective(objective, config["frames"], store.topology.dim)
    loader, views = _sources(given, stores, trainer_config, device, processes, objective)
    folder = Path(str(config["runs"])) / str(config["name"])
    folder.mkdir(parents=True, exist_ok=True)
    open_logger = None if logger is None else partial(_open_logger, logger, folder, config)
    how = device, config["precision"], processes, open_logger
    return Trainer(objective, loader, views, folder, trainer_config, config, *how)


def _open_logger(
    logger: Mapping[str, Any], folder: Path, config: dict[str, Any], step: int, logged: Mapping[str, int]
) -> Logger:
    return instance(logger, "logger", Logger, folder=folder, run_config=config, step=step, logged=logged)


def _sources(
    config: dict[str, Any],
    stores: Sequence[tuple[SkeletonStore, str]],
    trainer_config: TrainerConfig,
    device: torch.device,
    processes: Processes,
    objective: Objective,
) -> tuple[EpochLoader | MixedLoader, ViewMaker | MixedViews]:
    """Build loader and views of every store, and of ``sub_skeletons`` parts of its skeleton."""
    parts = config["dataset"].get("sub_skeletons", 0)
    if type(parts) is not int or parts < 0:
        raise ConfigError(f"dataset.sub_skeletons must be a whole number, 0 or more, found '{parts}'")
    loaders: list[EpochLoader] = []
    views: list[ViewMaker] = []
    topologies: list[Topology] = []
    for i, (store, split) in enumerate(stores):
        bodies = training_bodies(config, store, split)
        measured = with_measurements(config, bodies)  # the headings of its people
        bodies = move_dataset(bodies, device, trainer_config.data)
        for number in range(1 + parts):
            seed = config["seed"] + len(loaders)
            topology, first = store.topology, []
            if number:
                topology, joints = sub_skeleton(store.topology, seed, named=(i + number) % 2 == 0)
                first = [MapJoints(store.topology, topology, joints)]
            views.append(build_views(measured, topology, objective.encoder.grid[0], objective, first))
            share = (processes.rank, processes.world_size, views[-1].crops, views[-1].local_crops)
            loaders.append(EpochLoader(bodies, trainer_config.batch_size, seed, *share))
            topologies.append(topology)
    if len(loaders) == 1:
        return loaders[0], views[0]
    for topology in reversed(topologies):  # check each of them, and leave the objective at the first
        objective.use(topology)
    return MixedLoader(loaders, config["seed"]), MixedViews(views, topologies)


def _is_custom(component: Mapping[str, Any]) -> bool:
    return not component["_target_"].startswith("skgraph.")
