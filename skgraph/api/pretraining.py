"""Pre-training: of composed options, or of a plain configuration."""

from __future__ import annotations

import logging
import math
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any

import torch
import yaml
from hydra.core.hydra_config import HydraConfig

from skgraph._internal.atomic import atomic_file, locked_folder
from skgraph._internal.command import plain_config
from skgraph._internal.compose import composed
from skgraph._internal.data_dir import data_dir
from skgraph._internal.distributed import Processes, process_group
from skgraph._internal.messages import shown_messages
from skgraph._internal.options import check_kinds
from skgraph.build import build_trainer, check_config, open_stores
from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation import PretrainedRun, Settings, build_protocol, compare
from skgraph.evaluation.features.pooling import check_pool
from skgraph.evaluation.protocols.protocol import check_test_clips
from skgraph.evaluation.results.format_results import format_results
from skgraph.evaluation.results.result import value_at
from skgraph.training import TrainerConfig
from skgraph.training.devices import choose_device
from skgraph.training.views import rotation_axis_warning

_messages = logging.getLogger("skgraph")
_GROUPS = ("synthetic", "store", "stores")  # choices of the option `dataset`
Store = str | Path | SkeletonStore


def pretrain(
    objective: str | Mapping[str, Any] | None = None,
    encoder: str | Mapping[str, Any] | None = None,
    dataset: Store | Sequence[Store] | None = None,
    **options: Any,
) -> PretrainedRun:
    """Train or resume a run, and evaluate its encoder: ``python -m skgraph.pretrain``.

    Ctrl-C ends it after a step with a checkpoint; the same call again resumes it.

    For example::

        run = pretrain("lejepa", dataset="data/mine", trainer={"steps": 500}, seed=1)

    Args:
        objective: such as ``"lejepa"``, or options of it; by default that of the recipe, or ``"sjepa"``.
        encoder: such as ``"stgcn"``, or options of it, ``{"dim": 64}``; by default that of the recipe, or
            ``"transformer"``.
        dataset: a store or its folder; several train one encoder of any skeleton; by default that of the recipe, or
            ``"synthetic"``, the embedded dataset.
        options: every other option of the command, such as ``name="mine"`` or ``evaluate=[]``. A dotted one is a
            dictionary, ``trainer={"steps": 500}``, or a keyword string, ``**{"trainer.steps": 500}``.

    Returns:
        the run, with the trained encoder.

    Raises:
        ConfigError: an option that does not exist, or does not fit the others.
        DataError: a store that is missing or damaged.
    """
    chosen: dict[str, Any] = {"objective": objective, "encoder": encoder}
    check_kinds(pretrain, {**chosen, "dataset": dataset})
    chosen = {key: value for key, value in chosen.items() if value is not None}
    with composed("pretrain", {**chosen, **_dataset(dataset), **options}) as cfg:
        check_recipe(HydraConfig.get().runtime.choices)
        config = plain_config(cfg)
    with shown_messages():
        stopped = train(config)
    if stopped == signal.SIGINT:
        raise KeyboardInterrupt
    if stopped:
        raise SystemExit(128 + stopped)
    return PretrainedRun.open(Path(config["runs"]) / config["name"])


def _dataset(dataset: Store | Sequence[Store] | None) -> dict[str, Any]:
    """Return the options of ``pretrain`` that name stores."""
    if dataset is None:
        return {}
    if isinstance(dataset, str) and dataset in _GROUPS:
        return {"dataset": dataset}
    if isinstance(dataset, (str, Path, SkeletonStore)):
        return {"dataset": "store", "dataset.root": _folder(dataset)}
    return {"dataset": "stores", "dataset.roots": [_folder(each) for each in dataset]}


def _folder(store: Store) -> str:
    return str(store.path if isinstance(store, SkeletonStore) else store)


def train(config: dict[str, Any]) -> int:
    """Run the pre-training that a plain configuration describes, in all processes of its launcher.

    Returns:
        the number of the signal that stopped it before its end, else 0.
    """
    device = choose_device(config["device"])
    with process_group(device) as processes:
        return train_run(config, device, processes)


def train_run(config: dict[str, Any], device: torch.device, processes: Processes = Processes()) -> int:
    """Run the pre-training that a plain configuration describes (the resolved ``configs/pretrain.yaml``).

    The run does not keep the key ``logger``: a resumed run may use another logger.

    Returns:
        the number of the signal that stopped it before its end, else 0.
    """
    logger = config.get("logger")
    config = {key: value for key, value in config.items() if key != "logger"}
    check_config(config)
    protocols = [build_protocol(name) for name in config["evaluate"]]
    settings = Settings(pool=config.get("pool", "mean"))
    try:
        trainer_config = TrainerConfig(**config["trainer"])
    except TypeError as error:
        raise ConfigError(f"trainer: {error}") from error
    if processes.is_main:
        stores = open_stores(config["dataset"])
    processes.barrier()  # one process writes the synthetic dataset, the others wait for it
    if not processes.is_main:
        stores = open_stores(config["dataset"])
    for protocol, (store, split) in product(protocols, stores):
        try:
            check_test_clips(store, split)
            protocol.check((), store)
            protocol.check_settings(settings)
        except ConfigError as error:
            raise ConfigError(f"{error}; or say evaluate=[] to train only") from error
    say = _messages.info if processes.is_main else lambda line: None
    trainer = build_trainer(config, stores, trainer_config, device, processes, logger)
    check_pool(trainer.objective.encoder, settings.pool)
    with locked_folder(trainer.folder) if processes.is_main else nullcontext(True) as alone:
        if processes.any(not alone, device):
            raise ConfigError(f"another process trains in '{trainer.folder}': give this run a name=...")
        resumed = trainer.resume()
        if processes.is_main:
            with atomic_file(trainer.folder / "config.yaml", "w") as file:
                yaml.safe_dump(trainer.run_config, file, sort_keys=False)
        objective = trainer.objective
        encoder = objective.encoder
        for (store, split), (bodies, views) in zip(stores, trainer.sources, strict=True):
            say(f"{trainer.folder}: {len(bodies)} bodies of {store.path}, split {split}, on {device}")
            if (warning := rotation_axis_warning(store, views)) and processes.is_main:
                _messages.warning(warning)
        say(
            f"encoder {_millions(encoder)}, objective {_millions(objective)} parameters in all, tokens "
            f"{encoder.grid[0]} x {encoder.grid[1]}, {trainer.total_steps} steps"
            + (f", resumed at step {trainer.step}" if resumed else "")
        )
        if value_at(config, "augment.rotate.y") == "auto":
            angle = math.degrees(trainer.run_config["augment"]["rotate"]["y"])
            least = ", its least" if trainer.run_config["heading"] == 0.5 else ""
            say(f"views turn bodies by up to {angle:.0f} degrees (heading=auto{least})")
        complete = trainer.fit()
        if complete and processes.is_main and protocols:
            how, progress = (device, config["precision"], settings), trainer_config.progress
            for store, split in stores:
                results = compare(trainer.folder, store, split, protocols, *how, progress=progress)
                print(format_results(results))
        processes.barrier()
    return 0 if complete else trainer.stop_signal


def check_recipe(choices: Mapping[str, str]) -> None:
    """Refuse a recipe of another objective: ``experiment=mamp_ntu60_xsub objective=gfp`` would train GFP as MAMP.

    ``choices`` is the option chosen in each of Hydra's config groups; the ConfigError lists the recipes that fit.
    """
    recipe, objective = str(choices["experiment"]), str(choices["objective"])
    expected = recipe.split("_")[0]
    configs = data_dir("configs")
    fitting = sorted(path.stem for path in (configs / "experiment").glob(f"{objective}_*.yaml"))
    if expected == "custom" and not fitting:  # an objective that a user has added to configs
        return
    if expected != objective and (configs / "objective" / f"{expected}.yaml").exists():
        raise ConfigError(
            f"experiment={recipe} is a recipe of objective={expected}, found objective={objective}: choose one of "
            f"{', '.join(fitting)}, or experiment=none"
        )


def _millions(module: torch.nn.Module) -> str:
    return f"{sum(p.numel() for p in module.parameters()) / 1e6:.2f} M"
