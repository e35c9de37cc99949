"""Tables of the results of many runs, one for each dataset and split, with published accuracies beneath."""

from __future__ import annotations

import json
import math
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skgraph._internal.options import flat
from skgraph.evaluation.results.result import EnsembleResult, Result, join_warnings, value_at
from skgraph.result_tables.columns import Column, columns_of
from skgraph.result_tables.published import Published, published_rows

# Conditions of an evaluation: results that differ in one never share a table.
_CONDITIONS = ("content_hash", "preprocessing", "bodies", "pool", "crop", "crops", "validation", "joint_map")
# Keys in which configurations of one method may differ. The scale is measured.
_IGNORED_KEYS = {"runs", "name", "seed", "device", "precision", "evaluate", "dataset.root", "normalise.scale"} | {
    f"trainer.{key}"
    for key in ("log_every", "checkpoint_every", "diagnose_every", "diagnose_bodies", "stop_at", "progress")
}
# Columns that describe a row; columns of metrics follow.
ROW_HEADER = ["Method", "Encoder", "Stream", "Run", "Seed", "Step", "Date"]
_LEGEND = (
    "top-1 accuracy (%) of the last epoch; in parentheses a random encoder and raw coordinates; ±: standard deviation "
    "over n runs of other seeds, or over n labelled subsets of one run"
)


@dataclass(frozen=True)
class Table:
    """One table in plain text, not yet escaped for a format."""

    title: str
    conditions: str
    header: list[str]
    rows: list[list[str]]
    published: list[list[str]]
    notes: list[str]


def arrange_results(results: Sequence[Result], published: Sequence[Published], doubtful: bool = False) -> list[Table]:
    """Arrange results in tables, one for each dataset and split.

    A row is a method: runs that differ in nothing but their seed share one, with mean, standard deviation (with n - 1)
    and number. A column is a protocol with its recipe and options. Results that differ in preprocessing, content,
    bodies, crops, held-out people or joint map never share a table. Published rows follow for the datasets ``ntu60``,
    ``ntu120``, ``pku1`` and ``pku2``, by the protocols and streams of the table; unreliable ones if ``doubtful``.
    """
    groups: dict[tuple[str, str, tuple], list[Result]] = {}
    for result in results:
        groups.setdefault((result.dataset.name, result.dataset.split, _conditions(result)), []).append(result)
    tables = []
    for (dataset, split, own), group in sorted(groups.items(), key=lambda item: (*item[0][:2], repr(item[0][2]))):
        others = [conditions for name, side, conditions in groups if (name, side) == (dataset, split)]
        differing = [key for i, key in enumerate(_CONDITIONS) if any(other[i] != own[i] for other in others)]
        here = [entry for entry in published if (entry.dataset, entry.split) == (dataset, split)]
        tables.append(_table(f"{dataset}, split {split}", group, here, doubtful, differing))
    return tables


def _conditions(result: Result) -> tuple[Any, ...]:
    """Return the values of ``_CONDITIONS``."""
    return tuple(getattr(result if hasattr(result, key) else result.dataset, key) for key in _CONDITIONS)


def _table(
    title: str, results: list[Result], published: list[Published], doubtful: bool, differing: list[str]
) -> Table:
    columns = sorted({c for result in results for c in columns_of(result)}, key=lambda column: column.sort_key)
    groups, repeated = _rows(results)
    rows = sorted(_row(group, columns) for group in groups)
    notes = [_LEGEND]
    if any(column.protocol == "detection" for column in columns):
        notes.append("detection: mAP (%) at an overlap of 0.5")
    if repeated:
        notes.append("runs have a row each where a seed occurs twice, as they are not independent draws")
    if differing:
        notes.append(f"apart from other results on this dataset and split, which differ in {', '.join(differing)}")
    by_run: dict[Path, list[Result]] = {}
    for result in results:
        by_run.setdefault(_run_folder(Path(result.path or "")), []).append(result)
    for run, own in by_run.items():
        if worse := join_warnings(own):
            notes.append(f"{run.name if len(by_run) == len({each.name for each in by_run}) else run}: {worse}")
    below, more = published_rows(published, columns, results, doubtful)
    header = [*ROW_HEADER, *(column.header for column in columns)]
    return Table(title, _describe_conditions(results[0]), header, rows, below, notes + more)


def _describe_conditions(result: Result) -> str:
    """Describe the evaluation that all results of a table share."""
    data = result.dataset
    counts = {"training": data.train_clips, "test": data.test_clips, "held-out": data.validation_clips}
    clips = ", ".join(f"{count} {side} clips" for side, count in counts.items() if count)
    crop = "the protocol's own" if result.crop is None else result.crop
    words = [clips, f"preprocessing: {data.preprocessing}", f"bodies: {result.bodies}", f"crop: {crop}"]
    if result.pool != "mean":
        words.append(f"pool: {result.pool}")
    if result.crops != 1:
        words.append(f"crops: {result.crops}")
    if result.joint_map is not None:
        words.append(f"joint map: {result.joint_map}")
    return "; ".join(filter(None, [*words, f"content {data.content_hash[:12]}"]))


def _rows(results: list[Result]) -> tuple[list[list[Result]], bool]:
    """Group results of one method, encoder, stream and configuration, whatever the seed.

    Runs of one method with the same seed are not independent draws: each has its row, and the second value is True.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(_method_key(result), []).append(result)
    rows, repeated = [], False
    for group in groups.values():
        if _has_each_seed_once(group):
            rows.append(group)
            continue
        repeated = True
        by_run: dict[Path, list[Result]] = {}
        for result in group:
            by_run.setdefault(_run_folder(Path(result.path or "")), []).append(result)
        for run in by_run.values():
            rows += [run] if _has_each_seed_once(run) else [[result] for result in run]
    return rows, repeated


def _has_each_seed_once(group: list[Result]) -> bool:
    """Return whether no protocol has two results of one seed."""
    seen = [(columns_of(result)[0], _seed(result)) for result in group]
    return len(set(seen)) == len(seen)


def _method_key(result: Result) -> str:
    """Return a key that is equal for results in one row."""
    configs = [flat(member.config) for member in result.members]
    configs = [{key: value for key, value in config.items() if key not in _IGNORED_KEYS} for config in configs]
    key = [_method(result), _encoder(result), _stream(result), configs, result.step]
    return json.dumps(key, sort_keys=True)


def _method(result: Result) -> str:
    """Return the name of the method, and the dataset of its pre-training where it is another."""
    names = []
    for member in result.members:
        name = str(member.objective).rpartition(".")[2]
        if name == "MaskedRegression":  # one class, two methods
            name = "SkeletonMAE" if value_at(member.config, "objective.target") == "joint" else "MAMP"
        name = {"SJEPA": "S-JEPA"}.get(name, name)
        other = member.pretrained_on.content_hash not in (None, "", result.dataset.content_hash)
        if member.pretrained_on.origin:
            name += f", published weights {value_at(member.config, 'dataset.name')}"
        elif other and result.protocol != "transfer":
            name += f", pre-trained on {value_at(member.config, 'dataset.name')}"
        names.append(name)
    return " + ".join(dict.fromkeys(names))


def _encoder(result: Result) -> str:
    """Return the class of the encoder, with the message-passing layer of a ``PyGEncoder``."""
    layers = [
        (str(member.encoder).rpartition(".")[2], value_at(member.config, "encoder.conv")) for member in result.members
    ]
    names = [f"{name} {layer}" if isinstance(layer, str) else name for name, layer in layers]
    return " + ".join(dict.fromkeys(names))


def _stream(result: Result) -> str:
    """Return the stream, or the streams of an ensemble and its weights."""
    streams = " + ".join(member.stream or "custom" for member in result.members)
    if not isinstance(result, EnsembleResult):
        return streams
    weights = result.weights.get("name")
    if weights == "given":
        weights = ", ".join(str(member.weight) for member in result.fused)
    return f"{streams} ({weights})" if weights else streams


def _seed(result: Result) -> str:
    """Return the seed, or the seeds of an ensemble's members."""
    seeds = ("" if member.seed is None else str(member.seed) for member in result.members)
    return ", ".join(dict.fromkeys(seeds))


def _run_folder(path: Path) -> Path:
    """Return the folder of the run or ensemble that a result belongs to."""
    path = path.absolute()
    return path.parents[2] if path.parents[1].name == "evaluation" else path.parent


def _row(group: list[Result], columns: list[Column]) -> list[str]:
    """Return the cells of a row: its description, and a metric for each column."""
    first = group[0]
    runs = list(dict.fromkeys(result.run for result in group))
    start = os.path.commonprefix(runs)  # noqa: RUF071 (of names, not of paths)
    run = runs[0] if len(runs) == 1 else f"{start}*" if len(start) > 3 else ", ".join(runs)
    seeds = ", ".join(sorted({_seed(result) for result in group}, key=lambda seed: (len(seed), seed)))
    dates = sorted(result.date for result in group)
    step = "" if first.step is None else str(first.step)
    described = [_method(first), _encoder(first), _stream(first), run, seeds, step, dates[-1]]
    return described + [_cell([each for each in group if column in columns_of(each)], column) for column in columns]


def _cell(results: list[Result], column: Column) -> str:
    """Format the metrics of a row by one protocol: ``84.2 ± 0.9 (80.3 ± 1.1; raw 82.0), n 3``."""
    if not results:
        return ""
    if column.best:
        means = [statistics.fmean(best["top1"] for best in result.best_epochs) for result in results]
        text, n = _spread([{"top1": mean} for mean in means], "top1")
    else:
        key = results[0].headline[0]
        text, n = _spread([result.metrics for result in results], key)
        beside = []
        if random := [result.random_init for result in results if result.random_init]:
            value, count = _spread(random, key)
            beside.append(value if count == n else f"{value}, n {count}")
        if raw := [result.raw_coordinates for result in results if result.raw_coordinates]:
            beside.append(f"raw {raw[0][key]:.1f}")  # the same for every encoder
        text += f" ({'; '.join(beside)})" if beside else ""
    return f"{text}, n {n}" if n > 1 else text


def _spread(metrics: list[Mapping[str, Any]], key: str) -> tuple[str, int]:
    """Format mean and standard deviation over results, or over the labelled subsets of a single one; count them."""
    values = [each[key] for each in metrics]
    if len(values) > 1:
        return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}", len(values)
    std, subsets = metrics[0].get("top1_std"), metrics[0].get("top1_seeds")
    if key == "top1" and isinstance(std, (int, float)) and math.isfinite(std) and isinstance(subsets, list):
        return f"{values[0]:.1f} ± {std:.1f}", len(subsets)
    return f"{values[0]:.1f}", 1
