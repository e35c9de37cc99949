"""Evaluation of a run's encoder, of a random one of the same shape, and of raw coordinates."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import DataError
from skgraph.evaluation.causes import likely_causes
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.protocols import Outcome, Protocol, build_protocol
from skgraph.evaluation.protocols.protocol import check_test_clips, labels
from skgraph.evaluation.results.metrics import summary
from skgraph.evaluation.results.result import EvaluatedData, PretrainingData, Result
from skgraph.evaluation.results.result_folder import (
    SETTINGS,
    check_result_folder,
    result_folder,
    save_result,
    store_name,
)
from skgraph.training.checkpoint import versions
from skgraph.training.devices import choose_device, choose_precision
from skgraph.training.diagnostics import rankme
from skgraph.training.views import ViewMaker
from skgraph.transforms import MapJoints


def compare(
    run: str | Path | PretrainedRun,
    store: SkeletonStore | str | Path,
    split: str | None = None,
    protocols: Sequence[Protocol | Mapping[str, Any] | str] = ("knn", "linear"),
    device: torch.device | str = "auto",
    precision: str = "auto",
    settings: Settings = Settings(),
    processes: Processes = Processes(),
    progress: bool = True,
) -> list[Result]:
    """Evaluate the encoder of a run, and beside it a random one and raw coordinates.

    Each protocol leaves a folder, see :func:`~skgraph.evaluation.results.result_folder.result_folder`: ``result.json``,
    ``scores.npz`` and the classes in detail. It appears whole, and replaces an older result of the same evaluation.

    Args:
        run: a run, its folder or a model folder.
        store: the dataset to evaluate on, or its folder.
        split: its split, the first if not given; probes learn from the training clips.
        protocols: protocols or their configurations, see :func:`~skgraph.evaluation.build_protocol`.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        settings: settings of all protocols.
        processes: processes of a distributed evaluation.
        progress: show bars.

    Returns:
        the result of each protocol.

    Raises:
        CheckpointError: the checkpoint is missing, corrupt, or does not match the store's topology.
        ConfigError: the protocol does not fit the run, the dataset or the settings, or the result would replace one of
            another evaluation.
        DataError: no class of the test clips is among the training clips.
    """
    store = store if isinstance(store, SkeletonStore) else SkeletonStore.open(store)
    split = next(iter(store.splits()), "") if split is None else split
    device = choose_device(device) if isinstance(device, str) else device
    ways = [way if isinstance(way, Protocol) else build_protocol(way) for way in protocols]
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    run = run.on(store.topology, settings.joint_map)
    check_test_clips(store, split)
    rules = [settings.bodies or protocol.body_rule(store) for protocol in ways]
    for protocol, rule in zip(ways, rules, strict=True):
        protocol.check({run.content_hash, *run.content_hashes}, store)
        protocol.check_settings(settings)
        folder = result_folder(run.folder, protocol, store, split, settings)
        check_result_folder(folder, store, replace(settings, bodies=rule))
    train, test = (run.dataset(store, split, side) for side in ("train", "test"))
    validation = None
    if settings.validation:
        # Not the run's seed: the streams and seeds of an ensemble must hold out the same people.
        held_out = hold_out_subjects(store.subject[train.clips], settings.validation, seed=0)
        train, validation = train[~held_out], train[held_out]
    if not torch.isin(labels(test), labels(train)).any() and not store.has_segments:
        raise DataError(f"no class of the test clips of '{store.path}', split {split}, is among its training clips")
    context = run_context(
        run,
        run.views(store.topology, settings.joint_map).to(device),
        train=train,
        validation=validation,
        test=test,
        device=device,
        precision=precision,
        seed=run.config["seed"] if settings.seed is None else settings.seed,
        processes=processes,
        progress=progress,
        cache=run.folder / "features" if settings.cache else None,
        settings=replace(settings, bodies=rules[0]) if rules else settings,
    )
    results = []
    for protocol, rule in zip(ways, rules, strict=True):
        start = time.perf_counter()
        if context.settings.bodies != rule:
            context = replace(context, settings=replace(settings, bodies=rule))
        untrained = replace(context, make_encoder=partial(run.encoder, False))
        coordinates = replace(context, raw=True)
        outcome = protocol.evaluate(context if protocol.pretrained else untrained)
        baseline = protocol.evaluate(untrained) if protocol.pretrained and settings.random_init else None
        compares_raw = protocol.compares_raw and settings.raw_coordinates
        raw = protocol.evaluate(coordinates) if compares_raw else None
        features = outcome.features
        result = Result(
            protocol=protocol.name,
            label=protocol.label,
            recipe=protocol.recipe,
            options=protocol.options(),
            pretrained=protocol.pretrained,
            metrics=_metrics(outcome, test),
            random_init=None if baseline is None else _metrics(baseline, test),
            raw_coordinates=None if raw is None else _metrics(raw, test),
            rankme=None if features is None else float(rankme(features)),
            feature_std=None if features is None else float(features.std(dim=0, correction=0).mean()),
            seconds=round(time.perf_counter() - start, 1),
            **_description(run, context, split),
        )
        if result.below and run.origin is None and processes.is_main:
            unseen = (test, outcome.scores) if validation is None else (validation, outcome.validation)
            result = replace(result, causes=likely_causes(run.config, run.step, train, *unseen))
        folder = result_folder(run.folder, protocol, store, split, settings)
        if processes.is_main:
            save_result(folder, context, result, outcome)
        results.append(replace(result, path=folder / "result.json"))
    return results


def run_context(run: PretrainedRun, views: ViewMaker, **attributes: Any) -> EvaluationContext:
    """Build the evaluation context of a run."""
    depends_on = {key: run.config[key] for key in ("encoder", "normalise", "stream", "patch_length")}
    depends_on |= {"resampling": run.config["resampling"]} if run.config.get("resampling", "linear") != "linear" else {}
    depends_on["topology"] = run.topology.to_dict()
    if run.any_topology:  # its features depend on landmarks, which are not part of a topology's identity
        depends_on["landmarks"] = run.topology.landmarks
    depends_on["joint_map"] = [module.weights.tolist() for module in views.modules() if isinstance(module, MapJoints)]
    return EvaluationContext(partial(run.encoder, True), views, input=depends_on, **attributes)


def hold_out_subjects(subject: Tensor, share: float, seed: int) -> Tensor:
    """Choose a share in (0, 1) of the people ``[N]``, at least one, and return the mask ``[N]`` of their clips.

    A DataError says that people are unknown (-1), or fewer than two.
    """
    people = subject.unique()
    if (people < 0).any() or len(people) < 2:
        unknown = " and unknown ones" if (people < 0).any() else ""
        raise DataError(
            "validation=... holds out training people: their clips must have known subjects, at least 2 of them, found "
            f"{people[people >= 0].tolist()}{unknown}"
        )
    count = min(max(1, round(share * len(people))), len(people) - 1)
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(subject, people[order[:count]])


def _description(run: PretrainedRun, context: EvaluationContext, split: str) -> dict[str, Any]:
    """Return the fields of a result that do not depend on the protocol."""
    store, config = context.test.store, run.config
    data = EvaluatedData(
        name=store_name(store),
        path=str(store.path),
        split=split,
        content_hash=store.content_hash,
        preprocessing=store.meta.get("preprocessing", "none"),
        topology=store.topology.name,
        train_clips=len(context.train),
        test_clips=len(context.test),
        validation_clips=0 if context.validation is None else len(context.validation),
    )
    pretrained_on = PretrainingData(
        content_hash=run.content_hash,
        topology=", ".join(run.trained_on),
        preprocessing=run.preprocessing,
        root=config["dataset"].get("root"),
        origin=run.origin,
    )
    return {
        "run": Path(os.path.abspath(run.folder)).name,
        "objective": config["objective"]["_target_"],
        "encoder": config["encoder"]["_target_"],
        "stream": config["stream"].get("name"),
        "dataset": data,
        "pretrained_on": pretrained_on,
        **{key: getattr(context.settings, key) for key in SETTINGS},
        "step": run.step,
        "seed": context.seed,
        "device": str(context.device),
        "precision": choose_precision(context.device, context.precision),
        "processes": context.processes.world_size,
        "versions": versions(),
        "date": str(date.today()),
        "config": config,
    }


def _metrics(outcome: Outcome, test: SkeletonDataset) -> dict[str, Any]:
    """Join the metrics of scores and protocol; ``None`` is an undefined metric, such as a mean over no classes."""
    metrics: dict[str, Any] = {}
    if outcome.scores is not None:
        metrics = {"scores": outcome.kind} | summary(outcome.scores, labels(test), outcome.kind)
    own = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in outcome.metrics.items()}
    return metrics | own
