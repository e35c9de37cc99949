"""Section of a run on a report's page: summary and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
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
from skgraph.run_page.clip_figures import clip_animation, mask_on_clip
from skgraph.run_page.evaluation_figures import evaluation_figures
from skgraph.run_page.feature_map import MOST_CLIPS, feature_map
from skgraph.run_page.figure import RunFigure
from skgraph.run_page.training_curves import training_curves
from skgraph.training.devices import choose_device


@dataclass(frozen=True)
class RunSection:
    """Figures of a run.

    Attributes:
        folder: folder of the run.
        summary: description of the run, by topic.
        figures: figures by heading.
        left_out: a sentence for each figure that could not be drawn.
    """

    folder: Path
    summary: dict[str, str] = field(default_factory=dict)
    figures: dict[str, list[RunFigure]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def find_runs(paths: list[Path]) -> list[Path]:
    """Return the folders at or below some paths that hold the log of a training."""
    logs = (log for path in paths if path.is_dir() for log in sorted(path.rglob("metrics.jsonl")))
    return list({log.parent.resolve(): log.parent for log in logs}.values())


def draw_run(
    folder: Path,
    dataset: Mapping[str, Any] | None = None,
    clip: str | None = None,
    device: str = "auto",
    seed: int = 0,
) -> RunSection:
    """Draw the training of a run, a mask on a clip, its features, and each of its evaluations.

    A figure that cannot be drawn (the data have moved, scikit-learn is not installed, an evaluation is damaged) is left
    out with the reason.

    Args:
        folder: folder of the run.
        dataset: dataset of the test clips to show; by default the run's own.
        clip: name of the clip to show; by default the first test clip.
        device: where features are computed.
        seed: seed of the mask and of t-SNE.

    Raises:
        ConfigError: no such clip or device.
        DataError: ``dataset`` is given and missing.
    """
    drawn, features_on = RunSection(folder), choose_device(device)
    given = open_store(dataset, write=False) if dataset else None

    def draw(heading: str, make: Callable[[], Iterable[RunFigure]]) -> None:
        try:
            for figure in make():
                drawn.figures.setdefault(heading, []).append(figure)
        except DataError as error:
            drawn.left_out.append(f"{heading.lower()}: {error}")

    draw("Training", lambda: [training_curves(folder)])
    try:
        run = PretrainedRun.open(folder)
        drawn.summary.update(_summary(run))
        store, split = given or open_store(run.config["dataset"], write=False)
    except DataError as error:
        drawn.left_out.append(f"masked clip, features: {error}")
    else:
        test = run.dataset(store, split, "test")
        shown = _clip(store, test, clip)
        draw("Masked clip", lambda: [mask_on_clip(run, store, shown, seed)])
        draw("Masked clip", lambda: [clip_animation(run, store, shown, seed)])
        draw("Features", lambda: [_feature_map(run, test, features_on, seed)])
    for path in sorted((folder / "evaluation").glob("*/result.json")):
        draw(f"Evaluation {path.parent.name}", partial(evaluation_figures, path.parent))
    return drawn


def _summary(run: PretrainedRun) -> dict[str, str]:
    config = run.config

    def class_name(key: str) -> str:
        return str(value_at(config, f"{key}._target_", "")).rpartition(".")[2]

    parameters = sum(weight.numel() for weight in run.weights.values())
    return {
        "objective": class_name("objective"),
        "encoder": f"{class_name('encoder')}, {parameters / 1e6:.2f} M parameters",
        "mask": class_name("mask"),
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


def _feature_map(run: PretrainedRun, test: SkeletonDataset, device: torch.device, seed: int) -> RunFigure:
    store = test.store
    count = min(MOST_CLIPS, len(test))
    chosen = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(seed))[:count].sort().values]
    views = run.views(store.topology).to(device)
    features, random_init = (
        clip_features(run.encoder(trained).to(device), chosen, views, device) for trained in (True, False)
    )
    labels = [store.class_names[label] if label >= 0 else "" for label in features.y.tolist()]
    names = [str(store.name[clip]) for clip in features.clip.tolist()]
    return feature_map(features.x, labels, names, "test clips", seed, random_init.x)
