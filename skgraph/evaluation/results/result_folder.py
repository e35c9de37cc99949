"""Result folders: names, replacement and files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from skgraph._internal.atomic import atomic_folder
from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.context import EvaluationContext, Settings
from skgraph.evaluation.protocols import Outcome, Protocol, build_protocol
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.results.class_tables import save_classes, save_subjects
from skgraph.evaluation.results.format_results import format_option
from skgraph.evaluation.results.result import Result
from skgraph.evaluation.results.scores import save_scores

SETTINGS = ("crop", "crops", "bodies", "pool", "validation", "joint_map")  # that a result records


def store_name(store: SkeletonStore) -> str:
    """Return the name of a store's folder, also of one opened as ``.``; of a link, the link's own."""
    return Path(os.path.abspath(store.path)).name


def result_folder(folder: Path, protocol: Protocol, store: SkeletonStore, split: str, settings: Settings) -> Path:
    """Return ``evaluation/<protocol>_<store>_<split>`` in a run folder, with every value that is not the default."""
    usual, options = build_protocol(protocol.label).options(), protocol.options()
    changed = [f"{key}{format_option(value)}" for key, value in options.items() if value != usual[key]]
    if "train_clips" in store.meta:
        changed.append(f"clips{store.meta['train_clips']}")
    default = Settings(bodies=protocol.body_rule(store))
    for key in ("crop", "crops", "bodies", "pool", "validation", "seed"):
        value = getattr(settings, key)
        if value not in (getattr(default, key), getattr(Settings(), key)):
            changed.append(value if key in ("bodies", "pool") else f"{key}{format_option(value)}")
    if settings.joint_map not in (None, "auto"):
        changed.append(f"map-{Path(settings.joint_map).stem}")
    name = "_".join([protocol.label, store_name(store), split, *changed])
    if len(name.encode()) > 200:  # the name of a folder has at most 255 bytes
        name = f"{name.encode()[:180].decode(errors='ignore')}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return folder / "evaluation" / name


def check_result_folder(folder: Path, store: SkeletonStore, settings: Settings) -> None:
    """Raise a ConfigError where a new result would replace one of other data or settings, of the same short name."""
    try:
        found = Result.load(folder / "result.json")
    except DataError:
        return  # missing or damaged: free to replace
    pairs = [("dataset.content_hash", found.dataset.content_hash, store.content_hash)]
    for key in SETTINGS:
        pairs.append((key, getattr(found, key), getattr(settings, key)))
    for key, there, new in pairs:
        if there != new:
            raise ConfigError(f"'{folder}' holds a result with {key} {there}, not {new}: delete or move it first")


def save_result(folder: Path, context: EvaluationContext, result: Result, outcome: Outcome) -> None:
    """Write a result, its scores and its class tables into a folder, whole or not at all."""
    with atomic_folder(folder) as partial:
        for dataset, scores, name in (
            (context.test, outcome.scores, "scores.npz"),
            (context.validation, outcome.validation, "validation_scores.npz"),
        ):
            if dataset is not None and scores is not None:
                save_scores(partial / name, dataset.store.name[dataset.clips.numpy()], scores, labels(dataset))
        if outcome.scores is not None:
            y, store = labels(context.test), context.test.store
            save_classes(partial, outcome.scores, y, store.class_names)
            save_subjects(partial, outcome.scores, y, store.subject[context.test.clips])
        for name, text in outcome.texts.items():
            (partial / name).write_text(text, encoding="utf-8")
        result.save(partial)
