"""Evaluation of a run's encoder, and of a random one of the same shape."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import DataError
from skgraph.evaluation.context import EvaluationContext
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.protocols import Outcome, Protocol, build_protocol
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.results.metrics import summary
from skgraph.evaluation.results.result import EvaluatedData, PretrainingData, Result
from skgraph.evaluation.results.result_folder import check_result_folder, result_folder, save_result, store_name
from skgraph.evaluation.settings import Settings
from skgraph.training.checkpoint import versions
from skgraph.training.devices import choose_device, choose_precision
from skgraph.training.diagnostics import rankme
from skgraph.training.views import ViewMaker
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
) -> list[Result]:
    """Evaluate the encoder of a run folder, and a random one beside it.

    Each protocol leaves a folder, see :func:`~skgraph.evaluation.results.result_folder.result_folder`: ``result.json``,
    ``scores.npz`` and the classes in detail. It appears whole, and replaces an older result of the same evaluation.

    Args:
        folder: of the run.
        store: the dataset to evaluate on, or its folder.
        split: its split, the first if not given; probes learn from the training clips.
        protocols: or their configurations, see :func:`~skgraph.evaluation.build_protocol`.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        settings: for all protocols.
        processes: of a distributed evaluation.
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
    run = PretrainedRun.open(folder)
    for protocol in ways:
        protocol.check(run.content_hash, store)
        protocol.check_settings(settings)
        check_result_folder(result_folder(run.folder, protocol, store, split, settings), store, settings)
    frames = run.config["frames"]
    train, test = (SkeletonDataset(store, split, side, items="clips", frames=frames) for side in ("train", "test"))
    validation = None
    if settings.validation:
        # Not the run's seed: the streams and seeds of an ensemble must hold out the same people.
        held_out = hold_out_subjects(store.subject[train.clips], settings.validation, seed=0)
        train, validation = train[~held_out], train[held_out]
    if not torch.isin(labels(test), labels(train)).any() and not store.has_segments:
        raise DataError(f"no class of the test clips of '{store.path}', split {split}, is in its training part")
    views = run.views(store.topology, settings.joint_map).to(device)
    shared = {key: getattr(settings, key) for key in ("bodies", "crop", "crops", "batch_size")}
    shared |= {
        "processes": processes,
        "progress": progress,
        "cache": run.folder / "features" if settings.cache else None,
    }
    seed = run.config["seed"] if settings.seed is None else settings.seed
    context = run_context(run, views, train, test, device, precision, validation=validation, seed=seed, **shared)
    untrained = replace(context, make_encoder=lambda seed=None, **options: run.encoder(False, seed, **options))
    results = []
    for protocol in ways:
        start = time.perf_counter()
        outcome = protocol.evaluate(context if protocol.pretrained else untrained)
        baseline = protocol.evaluate(untrained) if protocol.pretrained and settings.random_init else None
        result = _result(run, context, split, protocol, settings, outcome, baseline, time.perf_counter() - start)
        if processes.is_main:
            save_result(result_folder(run.folder, protocol, store, split, settings), context, result, outcome)
        results.append(result)
    return results


def run_context(
    run: PretrainedRun,
    views: ViewMaker,
    train: SkeletonDataset,
    test: SkeletonDataset,
    device: torch.device,
    precision: str,
    validation: SkeletonDataset | None = None,
    **options: Any,
) -> EvaluationContext:
    """Build the evaluation context of a run; ``options`` are its other attributes."""
    maps = [module.weights.tolist() for module in views.modules() if isinstance(module, MapJoints)]
    depends_on = {key: run.config[key] for key in ("encoder", "normalise", "stream", "patch_length")}
    depends_on |= {"topology": run.topology.to_dict(), "joint_map": maps}

    def make_encoder(seed: int | None = None, **encoder_options: Any) -> nn.Module:
        return run.encoder(**encoder_options)  # trained weights need no seed

    return EvaluationContext(
        make_encoder, views, train, validation, test, device, precision, input=depends_on, **options
    )


def hold_out_subjects(subject: Tensor, share: float, seed: int) -> Tensor:
    """Choose training clips to hold out for validation: all clips of some people.

    Args:
        subject: person of each training clip, ``[N]``; -1 where unknown.
        share: of the people, in (0, 1), rounded, and at least one.
        seed: of the draw.

    Returns:
        ``[N]`` bool, True for held-out clips.

    Raises:
        DataError: people are unknown, or fewer than two.
    """
    people = subject.unique()
    if (people < 0).any() or len(people) < 2:
        raise DataError(
            f"validation=... holds out training people: the training clips must have known subjects, at least 2 of "
            f"them, found {people[people >= 0].tolist()}{' and unknown ones' if (people < 0).any() else ''}"
        )
    count = min(max(1, round(share * len(people))), len(people) - 1)
    order = torch.randperm(len(people), generator=torch.Generator().manual_seed(seed))
    return torch.isin(subject, people[order[:count]])


def _result(
    run: PretrainedRun,
    context: EvaluationContext,
    split: str,
    protocol: Protocol,
    settings: Settings,
    outcome: Outcome,
    baseline: Outcome | None,
    seconds: float,
) -> Result:
    store, config, features = context.test.store, run.config, outcome.features
    return Result(
        protocol=protocol.name,
        label=protocol.label,
        recipe=protocol.recipe,
        options=protocol.options(),
        pretrained=protocol.pretrained,
        run=Path(os.path.abspath(run.folder)).name,
        objective=config["objective"]["_target_"],
        encoder=config["encoder"]["_target_"],
        stream=config["stream"].get("name"),
        metrics=_metrics(outcome, context),
        random_init=None if baseline is None else _metrics(baseline, context),
        rankme=None if features is None else float(rankme(features)),
        feature_std=None if features is None else float(features.std(dim=0, correction=0).mean()),
        dataset=EvaluatedData(
            name=store_name(store),
            path=str(store.path),
            split=split,
            content_hash=store.content_hash,
            preprocessing=store.meta.get("preprocessing", "none"),
            topology=store.topology.name,
            train_clips=len(context.train),
            test_clips=len(context.test),
            validation_clips=0 if context.validation is None else len(context.validation),
        ),
        pretrained_on=PretrainingData(
            content_hash=run.content_hash,
            topology=run.topology.name,
            preprocessing=run.preprocessing,
            root=config["dataset"].get("root"),
        ),
        **{key: getattr(settings, key) for key in ("crop", "crops", "bodies", "validation", "joint_map")},
        step=run.step,
        seed=context.seed,
        device=str(context.device),
        precision=choose_precision(context.device, context.precision),
        processes=context.processes.world_size,
        versions=versions(),
        date=str(date.today()),
        config=config,
        seconds=round(seconds, 1),
    )


def _metrics(outcome: Outcome, context: EvaluationContext) -> dict[str, Any]:
    """Join the metrics of the scores and of the protocol; ``None`` is not defined, such as a mean over no classes."""
    metrics: dict[str, Any] = {}
    if outcome.scores is not None:
        metrics = {"scores": outcome.kind} | summary(outcome.scores, labels(context.test), outcome.kind)
    facts = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in outcome.facts.items()}
    return metrics | facts
