"""Accuracy of objectives on several tasks, beside random encoders and raw coordinates."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from skgraph._internal.atomic import atomic_file
from skgraph._internal.files import read_json
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation import Settings
from skgraph.evaluation.results.result import BASELINES, Result
from skgraph.evaluation.results.result_folder import SETTINGS

PROTOCOLS = ("knn", "linear")
_COLUMNS = ("trained", *BASELINES)


def benchmark_learning(
    configs: Mapping[str, Mapping[str, Any]], pretrain: Callable[[dict[str, Any]], int], runs: str, seeds: list[int]
) -> dict[str, float]:
    """Pre-train every method on every task, and write the table ``learning.md`` into the folder of the runs.

    Args:
        configs: configurations of pre-trainings by ``task/method``.
        pretrain: runs one, with its evaluations, and returns the signal that stopped it, or 0.
        runs: folder of the runs, ``task/method/seed``; finished ones are kept, stopped ones resumed.
        seeds: seeds of each pre-training.

    Returns:
        top-1 accuracy in per cent, mean over the seeds, of the trained encoder, the random encoder and raw coordinates
        by each protocol, and seconds of the last call of ``pretrain``, with its evaluations.

    Raises:
        ConfigError: there is nothing to measure, a name or the seeds do not do, or a finished run has another
            configuration.
        DataError: the files of a finished run are damaged.
    """
    _check(configs, runs, seeds)
    measured: dict[str, dict[str, float]] = {}
    for cell, config in configs.items():
        results = [_train(config, pretrain, Path(runs), cell, seed) for seed in seeds]
        measured[cell] = {}
        for protocol in PROTOCOLS:
            top1 = [_top1(found[protocol]) for found, _ in results]
            measured[cell] |= {
                f"{protocol} {column}": statistics.fmean(values[i] for values in top1)
                for i, column in enumerate(_COLUMNS)
            }
        measured[cell]["seconds"] = statistics.fmean(seconds for _, seconds in results)
        with atomic_file(Path(runs) / "learning.md", "w") as file:  # after each cell: a study takes hours
            file.write(format_learning(measured, len(seeds)))
    return {f"{cell} {key}": value for cell, values in measured.items() for key, value in values.items()}


def _check(configs: Mapping[str, object], runs: str, seeds: list[int]) -> None:
    if not configs:
        raise ConfigError("benchmark.tasks and benchmark.methods must each name at least one")
    if not runs.strip():
        raise ConfigError("benchmark.sizes.runs must be a folder, found ''")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ConfigError(f"benchmark.sizes.seeds must be different numbers of at least 0, found {seeds}")
    for cell in configs:
        if len(cell.split("/")) != 2 or not all(re.fullmatch(r"\w[\w.+-]*", name) for name in cell.split("/")):
            raise ConfigError(f"a task and a method are called by letters, digits and _.+-, found '{cell}'")


def format_learning(measured: Mapping[str, Mapping[str, float]], seeds: int) -> str:
    """Format a Markdown table of accuracies by ``task/method``: trained / random init / raw coordinates."""
    lines = [
        f"Top-1 accuracy (%) on test clips, trained / random init / raw coordinates; mean of {seeds} seeds.",
        "In parentheses: trained less random init.",
        "",
        "| task | method | kNN | linear | seconds |",
        "|---|---|---|---|---|",
    ]
    for cell, values in measured.items():
        cells = []
        for protocol in PROTOCOLS:
            trained, random, raw = (values[f"{protocol} {column}"] for column in _COLUMNS)
            cells.append(f"{trained:.1f} / {random:.1f} / {raw:.1f} ({trained - random:+.1f})")
        task, method = cell.split("/")
        lines.append(f"| {task} | {method} | {' | '.join(cells)} | {values['seconds']:.0f} |")
    return "\n".join(lines) + "\n"


def _train(
    config: Mapping[str, Any], pretrain: Callable[[dict[str, Any]], int], runs: Path, cell: str, seed: int
) -> tuple[dict[str, Result], float]:
    """Train one run, unless it is finished; return its results by protocol, and the seconds of its last call."""
    name = f"{cell}/{seed}"
    finished = runs / name / "learning.json"
    own = {**config, "seed": seed, "evaluate": list(PROTOCOLS)}
    if not finished.exists():
        start = time.perf_counter()
        if stopped := pretrain({**own, "runs": str(runs), "name": name}):
            raise SystemExit(128 + stopped)
        with atomic_file(finished, "w") as file:
            json.dump({"seconds": round(time.perf_counter() - start, 1), "config": own}, file)
    done = read_json(finished, "finished run")
    if not isinstance(done, dict) or not isinstance(done.get("config"), dict) or type(done.get("seconds")) is not float:
        raise DataError(f"'{finished}' is damaged: delete that folder")
    if done["config"] != own:
        raise ConfigError(f"'{runs / name}' holds a run of another configuration: choose another benchmark.sizes.runs")
    settings = Settings(pool=own.get("pool", "mean"), bodies="present")
    results = (Result.load(path) for path in (runs / name / "evaluation").glob("*/result.json"))
    usual = {
        result.label: result
        for result in results
        if all(getattr(result, key) == getattr(settings, key) for key in SETTINGS)
        and result.dataset.split == (own["dataset"].get("split") or result.dataset.split)
    }
    if lacking := [protocol for protocol in PROTOCOLS if protocol not in usual or None in _top1(usual[protocol])]:
        raise DataError(f"'{runs / name}' lacks the evaluation {lacking[0]} with both baselines: delete that folder")
    return usual, done["seconds"]


def _top1(result: Result) -> Sequence[Any]:
    return [result.metrics["top1"], *(result.baselines.get(name, {}).get("top1") for name in BASELINES)]
