"""Made-up evaluations: results and scores as an evaluation writes them, and folders that hold them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.evaluation.results.result import Result

STREAMS = ("joint", "bone", "motion")
NAMES = np.array([f"clip{i:02d}" for i in range(40)])
LABELS = np.arange(40) % 4
# Changes that make a result one of another protocol.
LINEAR_MAMP = {"label": "linear_mamp", "recipe": "mamp", "options": {"epochs": 100, "lr": 0.1}}
KNN = {"protocol": "knn", "label": "knn", "recipe": None, "options": {"k": 1}}
SEMI = {"protocol": "semi", "label": "semi", "recipe": "mamp", "options": {"fraction": 0.01, "subsets": 5}}


def made_up_content(**changes: Any) -> dict[str, Any]:
    """The content of a ``result.json``; ``changes`` replace its keys, with ``__`` for a dot."""
    content = {
        "protocol": "linear",
        "label": "linear",
        "recipe": "exact",
        "options": {"c": 1.0, "iterations": 1000},
        "run": "joint",
        "stream": "joint",
        "objective": "skgraph.objectives.SJEPA",
        "encoder": "skgraph.encoders.TransformerEncoder",
        "top1": 80.0,
        "top5": 95.0,
        "top1_interval": [79.0, 81.0],
        "mean_class": 79.0,
        "random_init": {"top1": 50.0, "top5": 70.0, "mean_class": 49.0},
        "best": None,
        "dataset": {
            "name": "ntu60",
            "path": "data/ntu60",
            "split": "xsub",
            "content_hash": "0123456789abcdef",
            "preprocessing": "as recorded",
            "topology": "ntu_rgbd",
            "train_clips": 400,
            "test_clips": 40,
            "validation_clips": 0,
        },
        "pretrained_on": {"content_hash": "0123456789abcdef", "topology": "ntu_rgbd", "root": "data/ntu60"},
        "seed": 0,
        "crop": None,
        "crops": 1,
        "bodies": "present",
        "validation": 0.0,
        "joint_map": None,
        "step": 100,
        "date": "2026-05-01",
        "versions": {"skgraph": "0.1.0"},
        "config": {
            "name": "joint",
            "seed": 0,
            "frames": 64,
            "patch_length": 4,
            "normalise": {"center": "first", "align": None, "scale": 0.3},
            "dataset": {"root": "data/ntu60", "name": "ntu60", "split": "xsub"},
            "encoder": {"dim": 16},
            "objective": {},
            "trainer": {"lr": 0.001, "progress": True},
        },
    }
    for key, value in changes.items():
        *path, last = key.split("__")
        parent = content
        for name in path:
            parent = parent[name]
        parent[last] = value
    return content


def made_up_scores(seed: int, labels: np.ndarray = LABELS, margin: float = 1.0) -> np.ndarray:
    """Logits ``[n, 4]`` that are right more often than not."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), 4))
    return (noise + margin * np.eye(4)[labels]).astype(np.float32)


def write_evaluation(
    runs: Path,
    run: str = "joint",
    logits: np.ndarray | None = None,
    validation: np.ndarray | None = None,
    order: np.ndarray | None = None,
    **changes: Any,
) -> Path:
    """An evaluation folder with a made-up result and scores; ``order`` shuffles the clips in the file."""
    changes = {"run": run, "config__name": run, "stream": run if run in ("bone", "motion") else "joint"} | changes
    content = made_up_content(**changes)
    folder = runs / run / "evaluation" / f"{content['label']}_ntu60_{content['dataset']['split']}"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(content))
    order = np.arange(len(NAMES)) if order is None else order
    logits = made_up_scores(len(run)) if logits is None else logits
    np.savez(folder / "scores.npz", name=NAMES[order], logits=logits[order], label=LABELS[order])
    if validation is not None:
        names = np.array([f"held{i:02d}" for i in range(len(validation))])
        labels = np.arange(len(validation)) % 4
        np.savez(folder / "validation_scores.npz", name=names, logits=validation, label=labels)
    return folder


def logits_of(folder: Path) -> np.ndarray:
    """The logits in an evaluation folder, float64."""
    with np.load(folder / "scores.npz", allow_pickle=False) as archive:
        return archive["logits"].astype(np.float64)


def rewrite_scores(folder: Path, **changes: np.ndarray | None) -> None:
    """Replace arrays of an evaluation's scores; ``None`` takes one away."""
    with np.load(folder / "scores.npz", allow_pickle=False) as archive:
        arrays = dict(archive) | changes
    np.savez(folder / "scores.npz", **{key: value for key, value in arrays.items() if value is not None})


def rewrite_result(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the content of an evaluation's ``result.json`` in place."""
    content = json.loads((folder / "result.json").read_text())
    change(content)
    (folder / "result.json").write_text(json.dumps(content))


def made_up_result(path: str | Path = "runs/a/evaluation/x/result.json", **changes: Any) -> Result:
    """A result as if it were read from a path."""
    return Result.from_dict(made_up_content(**changes), Path(path))


def made_up_results(*changes: dict[str, Any]) -> list[Result]:
    """Results, by their changes, as if they were read from ``runs/<run>/evaluation/<i>/result.json``."""
    return [made_up_result(f"runs/{each['run']}/evaluation/{i}/result.json", **each) for i, each in enumerate(changes)]
