"""Everything that can be drawn of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from skgraph._internal.text import few
from skgraph.build import open_store
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.features.clip_features import clip_features
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.results.result import value_at
from skgraph.summary.classes import evaluation_drawings
from skgraph.summary.drawing import Drawing
from skgraph.summary.feature_map import MOST, feature_map
from skgraph.summary.shown_clip import clip_drawing, mask_drawing
from skgraph.summary.training_curves import training_curves
from skgraph.training.devices import choose_device


@dataclass(frozen=True)
class RunFigures:
    """A run in drawings.

    Attributes:
        folder: of the run.
        facts: what it is, in words.
        sections: drawings by the heading above them.
        left_out: a sentence for each drawing that could not be made.
    """

    folder: Path
    facts: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[Drawing]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def find_runs(paths: list[Path]) -> list[Path]:
    """Folders of runs at or below some paths: those with the log of a training."""
    found = {
        log.parent.resolve(): log.parent
        for path in paths
        if path.is_dir()
        for log in sorted(path.rglob("metrics.jsonl"))
    }
    return list(found.values())


def run_figures(
    folder: Path,
    dataset: Mapping[str, Any] | None = None,
    clip: str | None = None,
    device: str = "auto",
    seed: int = 0,
) -> RunFigures:
    """Draw a run: its training, what it sees, its features, and each of its evaluations.

    What cannot be drawn (the data have moved, scikit-learn is not installed, an evaluation is damaged) is left out and
    named; the rest is drawn.

    Args:
        folder: of the run.
        dataset: whose test clips are shown; the run's own if not given.
        clip: name of the clip that is shown; the first test clip if not given.
        device: where the features are computed.
        seed: of the mask, and of the features' places.

    Raises:
        ConfigError: no such clip or device.
        DataError: ``dataset`` is given, and is not there.
    """
    drawn, where = RunFigures(folder), choose_device(device)
    given = open_store(dataset, write=False) if dataset else None

    def section(heading: str, *makers: Callable[[], list[Drawing]]) -> None:
        found = []
        for make in makers:
            try:
                found += make()
            except DataError as error:
                drawn.left_out.append(f"{heading.lower()}: {error}")
        if found:
            drawn.sections[heading] = found

    section("Training", lambda: [training_curves(folder)])
    try:
        run = PretrainedRun.open(folder)
        drawn.facts.update(_facts(run))
        store, split = given or open_store(run.config["dataset"], write=False)
    except DataError as error:
        drawn.left_out.append(f"what it sees, features: {error}")
    else:
        test = SkeletonDataset(store, split, "test", frames=run.config["frames"])
        shown = _clip(store, test, clip)
        section(
            "What it sees",
            lambda: [mask_drawing(run, store, shown, seed)],
            lambda: [clip_drawing(run, store, shown, seed)],
        )
        section("Features", lambda: [_map(run, test, where, seed)])
    for path in _evaluations(folder):
        section(f"Evaluation {path.name}", lambda path=path: evaluation_drawings(path))
    return drawn


def _evaluations(folder: Path) -> Iterator[Path]:
    """Folders of finished evaluations."""
    yield from sorted(path.parent for path in (folder / "evaluation").glob("*/result.json"))


def _facts(run: PretrainedRun) -> dict[str, str]:
    config = run.config

    def kind(key: str) -> str:
        return str(value_at(config, f"{key}._target_", "")).rpartition(".")[2]

    parameters = sum(weight.numel() for weight in run.weights.values())
    return {
        "objective": kind("objective"),
        "encoder": f"{kind('encoder')}, {parameters / 1e6:.2f} M weights",
        "mask": kind("mask"),
        "stream": str(value_at(config, "stream.name", "")),
        "topology": f"{run.topology.name}, {run.topology.num_joints} joints",
        "data": str(value_at(config, "dataset.root", "")),
        "steps": str(run.step),
        "seed": str(config["seed"]),
    }


def _clip(store: SkeletonStore, test: SkeletonDataset, name: str | None) -> int:
    if name is None:
        return int(test.clips[0])
    names = store.name.tolist()
    if name not in names:
        raise ConfigError(f"no clip '{name}' in '{store.path}': give a name, such as {few(names)}")
    return names.index(name)


def _map(run: PretrainedRun, test: SkeletonDataset, device: torch.device, seed: int) -> Drawing:
    store = test.store
    count = min(MOST, len(test))
    chosen = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(seed))[:count].sort().values]
    encoder = run.encoder().to(device)
    features = clip_features(encoder, chosen, run.views(store.topology).to(device), device)
    labels = [store.class_names[label] if label >= 0 else "" for label in features.y.tolist()]
    names = [str(store.name[clip]) for clip in features.clip.tolist()]
    return feature_map(features.x, labels, names, "test clips", seed)
