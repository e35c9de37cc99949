"""A run's encoder beside a random one of the same shape, on the same clips, by the same protocols."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from skgraph._internal.atomic import atomic_folder
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import DataError
from skgraph.evaluation.context import Trial
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.protocols import Outcome, Protocol, build_protocol
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.result import check_place, make_card, result_folder
from skgraph.evaluation.result_files import save_card, save_classes, save_people
from skgraph.evaluation.scores import save_scores
from skgraph.evaluation.settings import Settings
from skgraph.evaluation.subsets import hold_out_subjects
from skgraph.training.devices import Processes, choose_device
from skgraph.transforms import MapJoints


def compare(
    folder: str | Path,
    store: SkeletonStore | str | Path,
    split: str | None = None,
    protocols: Sequence[Protocol | Mapping[str, Any] | str] = ("knn", "linear"),
    device: torch.device | str = "auto",
    precision: str = "auto",
    settings: Settings = Settings(),
    processes: Processes = Processes(),
    progress: bool = True,
) -> list[dict[str, Any]]:
    """Evaluate the encoder of a run folder, and a random-init one beside it.

    Each protocol leaves a folder, see :func:`~skgraph.evaluation.result.result_folder`: ``result.json`` (the card),
    ``scores.npz``, and the classes in detail. It appears whole, and replaces an older result of the same evaluation.

    Args:
        folder: of the run; its checkpoint says the configuration.
        store: the dataset to evaluate on, or its folder.
        split: its split, the first if not given; the training part is what a probe learns from.
        protocols: ways to evaluate, as :func:`~skgraph.evaluation.build_protocol` takes or makes them.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        settings: how clips are shown.
        processes: of a distributed evaluation.
        progress: show bars.

    Returns:
        the card of each protocol.

    Raises:
        CheckpointError: the checkpoint is missing, corrupt, or does not match the store's topology.
        ConfigError: the protocol does not fit the run, the dataset or the settings, or the result of another evaluation
            lies where this one would.
        DataError: no class of the test clips is in the training part.
    """
    store = store if isinstance(store, SkeletonStore) else SkeletonStore.open(store)
    split = next(iter(store.splits()), "") if split is None else split
    device = choose_device(device) if isinstance(device, str) else device
    ways = [way if isinstance(way, Protocol) else build_protocol(way) for way in protocols]
    run = PretrainedRun.open(folder)
    for protocol in ways:
        protocol.check(run.content_hash, store)
        protocol.check_settings(settings)
        check_place(result_folder(run.folder, protocol, store, split, settings), store, settings)
    trial = _trial(run, store, split, device, precision, settings, processes, progress)
    untrained = replace(trial, make_encoder=lambda seed=None, **options: run.encoder(False, seed, **options))
    cards = []
    for protocol in ways:
        start = time.perf_counter()
        outcome = protocol.evaluate(trial if protocol.pretrained else untrained)
        baseline = protocol.evaluate(untrained) if protocol.pretrained and settings.random_init else None
        card = make_card(run, trial, split, protocol, settings, outcome, baseline)
        card["seconds"] = round(time.perf_counter() - start, 1)
        if processes.is_main:
            _save(result_folder(run.folder, protocol, store, split, settings), trial, card, outcome)
        cards.append(card)
    return cards


def _trial(
    run: PretrainedRun,
    store: SkeletonStore,
    split: str,
    device: torch.device,
    precision: str,
    settings: Settings,
    processes: Processes,
    progress: bool,
) -> Trial:
    parts = {
        part: SkeletonDataset(store, split, part, items="clips", frames=run.config["frames"])
        for part in ("train", "test")
    }
    train, validation = parts["train"], None
    if settings.validation:
        # Not the run's seed: the streams and seeds that an ensemble joins must hold out the same people.
        held_out = hold_out_subjects(store.subject[train.clips], settings.validation, seed=0)
        train, validation = train[~held_out], train[held_out]
    if not torch.isin(labels(parts["test"]), labels(train)).any() and not store.has_segments:
        raise DataError(f"no class of the test clips of '{store.path}', split {split}, is in its training part")
    views = run.views(store.topology, settings.joint_map).to(device)
    seed = run.config["seed"] if settings.seed is None else settings.seed
    return Trial(
        lambda seed=None, **options: run.encoder(**options),
        views,
        train,
        validation,
        parts["test"],
        device,
        precision,
        settings.bodies,
        settings.crop,
        settings.crops,
        settings.batch_size,
        seed,
        processes,
        progress,
        run.folder / "features" if settings.cache else None,
        input_facts(run, views),
    )


def input_facts(run: PretrainedRun, views: nn.Module) -> dict[str, Any]:
    """What turns a store's clips into the encoder's input, and input into tokens, as plain values."""
    maps = [module.weights.tolist() for module in views.modules() if isinstance(module, MapJoints)]
    parts = {key: run.config[key] for key in ("encoder", "normalise", "stream", "patch_length")}
    return {**parts, "topology": run.topology.to_dict(), "joint_map": maps}


def _save(place: Path, trial: Trial, card: dict[str, Any], outcome: Outcome) -> None:
    with atomic_folder(place) as folder:
        for dataset, scores, name in (
            (trial.test, outcome.scores, "scores.npz"),
            (trial.validation, outcome.validation, "validation_scores.npz"),
        ):
            if dataset is not None and scores is not None:
                save_scores(folder / name, dataset.store.name[dataset.clips.numpy()], scores, labels(dataset))
        if outcome.scores is not None:
            y, store = labels(trial.test), trial.test.store
            save_classes(folder, outcome.scores, y, store.class_names)
            save_people(folder, outcome.scores, y, store.subject[trial.test.clips])
        for name, text in outcome.texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        save_card(folder, card)
