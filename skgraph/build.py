"""Build encoders, objectives, views and trainings from a composed configuration."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from skgraph._internal.distributed import Processes
from skgraph._internal.options import at_least, check_kinds, import_target
from skgraph.checks import check_encoder, check_objective
from skgraph.data import EpochLoader, MixedLoader, SkeletonDataset, SkeletonStore
from skgraph.data.body_geometry import heading_spread
from skgraph.datasets.synthetic import write_synthetic
from skgraph.errors import ConfigError, DataError, StoreError, first_line
from skgraph.objectives import Objective
from skgraph.topology import Topology
from skgraph.topology.sub_skeleton import sub_skeleton
from skgraph.training import Trainer, TrainerConfig, ViewMaker, stream_scale
from skgraph.training.prefetch import move_dataset
from skgraph.training.views import MixedViews
from skgraph.transforms import AlignBody, Center, Compose, GraphTransform, MapJoints, RandomRotate, ScaleBody

_MOST_FRAMES = 10_000  # six minutes at 30 Hz: more would take minutes and gigabytes before it fails


def instance(config: Mapping[str, Any], where: str, **objects: Any) -> Any:
    """Build the module that ``config["_target_"]`` names.

    Builds modules and calls nothing else, because a configuration may come from another user's run folder. (A target
    outside skgraph is imported, as a custom encoder must be: read a foreign configuration before you use it.)

    Args:
        config: ``_target_`` and the constructor's plain values; a value may itself be such a mapping, with
            ``_partial_: true`` where the module calls it with more arguments.
        where: key of the configuration, for errors.
        objects: values that a configuration cannot hold; the constructor gets those that it has arguments for.

    Raises:
        ConfigError: the target does not exist, is not a module, has no such argument, or refuses a value.
    """
    kind = import_target(config, where)
    if not isinstance(kind, type) or not issubclass(kind, nn.Module):
        raise ConfigError(f"{where}._target_ '{config['_target_']}' is not a torch.nn.Module")
    accepted = inspect.signature(kind).parameters
    values = {key: value for key, value in config.items() if key not in ("_target_", "_partial_")}
    if unknown := [key for key in values if key not in accepted]:
        hint = f"; did you mean {where}=custom?" if where in ("encoder", "objective") and len(unknown) > 1 else ""
        raise ConfigError(f"{where}: {kind.__name__} has no {', '.join(unknown)}; it takes {', '.join(accepted)}{hint}")
    if given := [key for key in values if key in objects]:
        raise ConfigError(f"{where}.{given[0]} is not set here: {kind.__name__} gets it from the rest of the run")
    nested = {key for key, value in values.items() if isinstance(value, Mapping) and "_target_" in value}
    check_kinds(kind, {key: value for key, value in values.items() if key not in nested}, where)
    for key in nested:
        values[key] = instance(values[key], f"{where}.{key}", **{k: v for k, v in objects.items() if k == "topology"})
    values |= {key: value for key, value in objects.items() if key in accepted}
    if config.get("_partial_"):
        return functools.partial(kind, **values)
    try:
        return kind(**values)
    except DataError as error:
        if str(error).startswith(where.partition(".")[0]):
            raise
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:  # custom code may raise anything
        plain = ", ".join(f"{key}={value}" for key, value in values.items() if not callable(value))
        raise ConfigError(f"{where}: {kind.__name__} cannot be built from {plain}: {first_line(error)}") from error


def open_stores(dataset: Mapping[str, Any]) -> list[tuple[SkeletonStore, str]]:
    """Open the store, or the ``roots`` of several stores, of a dataset configuration, each with its split."""
    if not isinstance(dataset, Mapping) or "roots" not in dataset:
        return [open_store(dataset)]
    roots = dataset["roots"]
    if not isinstance(roots, list) or not roots or len(set(map(str, roots))) < len(roots):
        raise ConfigError(f"dataset.roots must be a list of different stores, such as [data/a,data/b], found {roots}")
    return [open_store({"root": root, "split": dataset.get("split")}) for root in roots]


def open_store(dataset: Mapping[str, Any], write: bool = True) -> tuple[SkeletonStore, str]:
    """Open the store of a dataset configuration, and choose its split.

    Args:
        dataset: ``root`` and the other keys of ``configs/dataset``.
        write: write the synthetic dataset if it does not exist.
    """
    if isinstance(dataset, Mapping) and "roots" in dataset:
        raise ConfigError("the run has several stores: say dataset=store dataset.root=FOLDER, one of them or another")
    if not isinstance(dataset, Mapping) or "root" not in dataset:
        raise ConfigError(f"dataset must be a mapping with the root of a store, found '{dataset}'")
    if dataset["root"] == "":
        raise ConfigError("no store is named, and a model folder has none: say dataset=store dataset.root=FOLDER")
    root = Path(str(dataset["root"]))
    if not write and not root.exists():
        raise StoreError(
            f"no store at '{root}', where the run had its data; run this in the folder in which it was trained, or say "
            "dataset=store dataset.root=FOLDER"
        )
    if "synthetic" in dataset and not root.exists():
        try:
            write_synthetic(root, **dataset["synthetic"])
        except TypeError as error:
            raise ConfigError(f"dataset.synthetic: {error}") from error
        except StoreError:
            if not root.exists():  # otherwise another process has just written the same dataset
                raise
    store = SkeletonStore.open(root)
    # Otherwise a run on `dataset.root=data/mine` alone would bear the name of the synthetic dataset.
    if "synthetic" in dataset and not store.meta["source"].startswith("synthetic"):
        raise ConfigError(f"'{root}' is not the synthetic dataset: say dataset=store dataset.root={root}")
    split = dataset.get("split") or next(iter(store.splits()), None)
    if not store.splits():
        raise ConfigError(f"the store '{root}' has no split: prepare it with split.by=subject, camera, setup or random")
    if split not in store.splits():
        raise ConfigError(f"dataset.split must be one of {', '.join(store.splits())} in '{root}', found '{split}'")
    if (clips := dataset.get("train_clips")) is not None:
        if type(clips) is not int:
            raise ConfigError(f"dataset.train_clips must be a whole number or null, found '{clips}'")
        store = store.with_train_clips(split, clips)
    return store, split


@dataclass
class RunConfig:
    """Types of the values in a run's configuration (the resolved ``configs/pretrain.yaml``)."""

    name: str | int | float
    runs: str | int | float
    seed: int
    frames: int
    patch_length: int
    crop: tuple[float, float]
    min_frames: int
    normalise: Mapping[str, Any]
    device: Any
    precision: Any
    evaluate: Sequence[Any]
    dataset: Mapping[str, Any]
    encoder: Mapping[str, Any]
    objective: Mapping[str, Any]
    mask: Mapping[str, Any]
    stream: Mapping[str, Any]
    augment: Mapping[str, Any]
    trainer: Mapping[str, Any]
    extend: int | None = None
    resampling: str = "linear"
    bodies: str = "present"
    pool: str = "mean"


def check_config(config: Mapping[str, Any]) -> None:
    """Raise a ConfigError for a value of a run's configuration that no constructor checks, or a missing key."""
    keys = [field.name for field in fields(RunConfig)]
    if missing := [field.name for field in fields(RunConfig) if field.default is MISSING and field.name not in config]:
        raise ConfigError(f"the configuration lacks {', '.join(missing)}")
    check_kinds(RunConfig, {key: config[key] for key in keys if key in config})
    at_least("configuration", 1, **{key: config[key] for key in ("frames", "patch_length", "min_frames")})
    if config["frames"] > _MOST_FRAMES:
        raise ConfigError(f"frames must be at most {_MOST_FRAMES}, found {config['frames']}")
    if not 0 <= config["seed"] < 2**63:
        raise ConfigError(f"seed must be from 0 to 2 ** 63 - 1, found {config['seed']}")
    name = Path(str(config["name"]))
    if name.is_absolute() or not name.parts or ".." in name.parts:
        raise ConfigError(f"name must be that of a folder below runs, found '{name}'")


def training_bodies(config: Mapping[str, Any], store: SkeletonStore, split: str) -> SkeletonDataset:
    """Return the bodies that a configuration pre-trains on, with its crops."""
    keys = ("frames", "min_frames", "extend", "resampling", "bodies")
    options: dict[str, Any] = {key: config[key] for key in keys if key in config}
    return SkeletonDataset(store, split, items="bodies", crop=tuple(config["crop"]), **options)


def build_encoder(config: Mapping[str, Any], topology: Topology) -> Any:
    """Build the encoder of a run's configuration for a topology."""
    given = {key: config[key] for key in ("frames", "patch_length")}
    return instance(config["encoder"], "encoder", topology=topology, channels=topology.dim, **given)


def build_objective(config: Mapping[str, Any], encoder: nn.Module, topology: Topology) -> Any:
    """Build the objective of a run's configuration around an encoder, for a topology."""
    given = {"encoder": encoder, "topology": topology, "frames": config["frames"], "channels": topology.dim}
    return instance(config["objective"], "objective", **given)


# Keys of a configuration's ``augment`` that hold transforms of one kind of view.
_AUGMENT_OF_VIEWS = ("first_view", "second_view", "local_views")


def build_views(
    config: Mapping[str, Any],
    topology: Topology,
    patches: int,
    objective: Objective | None = None,
    first: Sequence[nn.Module] = (),
) -> ViewMaker:
    """Build normalisation, augmentation, mask and stream of a run's configuration.

    Args:
        config: configuration of the run.
        topology: the skeleton.
        patches: in time, ``T_e`` of the encoder's token grid.
        objective: says how many views it takes, and whether they share crops and masks; by default one view.
        first: transforms before all others, such as :class:`~skgraph.transforms.MapJoints`.
    """
    normalise = config["normalise"]
    steps: list[Any] = list(first)
    if differing := {"center", "align", "scale"} ^ normalise.keys():
        raise ConfigError(
            f"normalise has the keys center, align and scale, no more and no less: {', '.join(differing)}"
        )
    if normalise["align"] not in (None, "yaw", "full"):
        raise ConfigError(f"normalise.align must be 'yaw', 'full' or null, found '{normalise['align']}'")
    if normalise["center"] is not None:
        steps.append(Center(topology, mode=normalise["center"]))
    if normalise["align"] is not None:
        steps.append(AlignBody(topology, yaw_only=normalise["align"] == "yaw"))
    if normalise["scale"] == "body":
        steps.append(ScaleBody(topology))
    own = [config["augment"].get(key) or {} for key in _AUGMENT_OF_VIEWS]
    augment, *of_views = (
        [instance(value, f"augment.{key}", topology=topology) for key, value in group.items() if value is not None]
        for group in ({k: v for k, v in config["augment"].items() if k not in _AUGMENT_OF_VIEWS}, *own)
    )
    view_augment = [Compose(steps) for steps in of_views] if any(own) else []
    turning = [module for step in chain(augment, *of_views) for module in step.modules()]
    if topology.dim == 2 and any(isinstance(step, RandomRotate) and (step.x or step.y) for step in turning):
        raise ConfigError(
            f"topology '{topology.name}' is 2D, and the augmentation rotates about x, y: say augment=planar"
        )
    mask = instance(config["mask"], "mask", topology=topology, patch_length=config["frames"] // patches)
    stream = config["stream"].get("transform")
    stream = None if stream is None else instance(stream, "stream", topology=topology)
    if not (stream is None or isinstance(stream, GraphTransform)) or not hasattr(mask, "draw"):
        raise ConfigError("stream must be a graph transform, and mask have a draw()")
    scale = 1.0 if normalise["scale"] in (None, "body") else normalise["scale"]
    keys = ("num_views", "own_crops", "own_masks", "mask_source", "mask_ratio", "local_crops")
    views = {key: getattr(objective, key, getattr(Objective, key)) for key in keys}
    return ViewMaker(Compose(steps), Compose(augment), mask, stream, scale=scale, view_augment=view_augment, **views)


def with_measurements(config: dict[str, Any], bodies: SkeletonDataset) -> dict[str, Any]:
    """Measure ``auto`` values on the training data; the numbers become part of the run.

    - ``heading=auto``: the largest angle that views turn bodies by, in radians: that of an even distribution as wide as
      the headings of the training people, at least 0.5 and at most pi; 0.5 where headings are aligned or not known.
    - ``normalise.scale=auto``: the spread of the training coordinates, so that every evaluation divides by it.

    Raises:
        ConfigError: ``heading`` is no angle, or the augmentation does not take it.
    """
    rotate, heading = config["augment"].get("rotate"), config.get("heading", "auto")
    turns = rotate.get("y") if isinstance(rotate, Mapping) else None
    if heading != "auto":
        if type(heading) not in (int, float) or not 0 <= heading <= 3.15:
            raise ConfigError(f"heading must be auto, or an angle of 0 to 3.1416 radians, found '{heading}'")
        if turns != heading:
            raise ConfigError(f"heading={heading} is for augment=mild; this augmentation has its own angles in augment")
    if isinstance(rotate, Mapping) and turns == "auto":
        aligned = config["normalise"]["align"] is not None
        spread = None if aligned else heading_spread(bodies.store, bodies.clips.unique())
        angle = round(min(max(0.5, math.sqrt(3) * (spread or 0.0)), math.pi), 2)
        config = config | {"heading": angle, "augment": config["augment"] | {"rotate": {**rotate, "y": angle}}}
    if config["normalise"].get("scale") == "auto":
        raw = config | {"normalise": config["normalise"] | {"scale": None}}
        views = build_views(raw, bodies.store.topology, patches=config["frames"])
        config = config | {"normalise": config["normalise"] | {"scale": stream_scale(bodies, views)}}
    return config


def build_trainer(
    config: dict[str, Any],
    stores: Sequence[tuple[SkeletonStore, str]],
    trainer_config: TrainerConfig,
    device: torch.device,
    processes: Processes = Processes(),
    say: Callable[[str], None] = tqdm.write,
) -> Trainer:
    """Build the training of a run's configuration, at its first step, and make the folder of the run.

    Args:
        config: configuration of the run; ``run_config`` of the trainer has the measured scale and heading.
        stores: one or more, each with the split whose training clips are used.
        trainer_config: made from ``config["trainer"]``.
        device: where to compute.
        processes: processes of a distributed training.
        say: prints a line to the user.

    Raises:
        DataError: a component cannot be built, or a custom one breaks its contract.
    """
    store, split = stores[0]
    whole, config = config, with_measurements(config, training_bodies(config, store, split))
    torch.manual_seed(config["seed"])
    encoder = build_encoder(config, store.topology)
    if _is_custom(config["encoder"]):
        check_encoder(encoder, config["frames"], store.topology.dim)
    objective = build_objective(config, encoder, store.topology)
    if _is_custom(config["objective"]):
        check_objective(objective, config["frames"], store.topology.dim)
    loader, views = _sources(whole, stores, trainer_config, device, processes, objective)
    folder = Path(str(config["runs"])) / str(config["name"])
    folder.mkdir(parents=True, exist_ok=True)
    return Trainer(
        objective, loader, views, folder, trainer_config, config, device, config["precision"], processes, say
    )


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
    for store, split in stores:
        bodies = training_bodies(config, store, split)
        measured = with_measurements(config, bodies)  # the headings of its people
        bodies = move_dataset(bodies, device, trainer_config.data)
        for number in range(1 + parts):
            seed = config["seed"] + len(loaders)
            topology = sub_skeleton(store.topology, seed) if number else store.topology
            first = [MapJoints(store.topology, topology)] if number else []
            views.append(build_views(measured, topology, objective.encoder.grid[0], objective, first))
            share = (processes.rank, processes.world_size, views[-1].crops, views[-1].local_crops)
            loaders.append(EpochLoader(bodies, trainer_config.batch_size, seed, *share))
            topologies.append(topology)
    if len(loaders) == 1:
        return loaders[0], views[0]
    for topology in reversed(topologies):  # says at once which one does not fit, and ends with the first
        objective.use(topology)
    return MixedLoader(loaders, config["seed"]), MixedViews(views, topologies)


def _is_custom(component: Mapping[str, Any]) -> bool:
    return not component["_target_"].startswith("skgraph.")
