"""Results of many runs as tables, one a dataset and split, with the published accuracies beneath one's own."""

from __future__ import annotations

import itertools
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skgraph.evaluation.results.result import EnsembleResult, Result, value_at
from skgraph.result_tables.columns import Column, columns_of
from skgraph.result_tables.published import Published
from skgraph.result_tables.published_rows import published_rows

# Results that differ in one of these never share a table.
_APART = ("content_hash", "preprocessing", "bodies", "crop", "crops", "validation", "joint_map")
# What a configuration may differ in and still be the same training with another seed. The scale is measured.
_NOT_THE_METHOD = {
    "runs",
    "name",
    "seed",
    "device",
    "precision",
    "evaluate",
    "trainer.log_every",
    "trainer.checkpoint_every",
    "trainer.diagnose_every",
    "trainer.diagnose_bodies",
    "trainer.stop_at",
    "trainer.progress",
    "dataset.root",
    "normalise.scale",
}
# The columns that describe a row; those of figures follow.
ROW_HEADER = ["Method", "Encoder", "Stream", "Run", "Seed", "Step", "Date"]
_LEGEND = (
    "top-1 accuracy (%) of the last epoch; in parentheses a random encoder of the same shape; ±: standard deviation "
    "over n runs of other seeds, or over n labelled subsets of one run"
)


@dataclass(frozen=True)
class Table:
    """One table, in plain text: a cell is what a reader sees, not yet escaped for any format."""

    title: str
    facts: str
    header: list[str]
    rows: list[list[str]]
    published: list[list[str]]
    notes: list[str]


def tables(results: Sequence[Result], published: Sequence[Published], doubtful: bool = False) -> list[Table]:
    """Arrange results in tables, one a dataset and split.

    A row is a method: runs that differ in nothing but their seed share one, with mean, standard deviation (with n - 1)
    and number. A column is a protocol with its recipe and options. Results that differ in preprocessing, content,
    bodies, crops, held-out people or joint map never share a table. Published rows follow for a dataset that is called
    ``ntu60``, ``ntu120``, ``pku1`` or ``pku2``, with the protocols of the table's own columns, for one stream or three
    as the table has them.

    Args:
        results: of :func:`~skgraph.result_tables.collection.collect`.
        published: of :func:`~skgraph.result_tables.published.read_published`.
        doubtful: whether published numbers are shown that should not be relied on.
    """
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        data = result.dataset
        groups.setdefault((data.name, data.split, json.dumps(_apart(result))), []).append(result)
    made = []
    for dataset, split, apart in sorted(groups):
        own = json.loads(apart)
        others = [json.loads(key[2]) for key in groups if key[:2] == (dataset, split) and key[2] != apart]
        differing = [key for i, key in enumerate(_APART) if any(other[i] != own[i] for other in others)]
        here = [entry for entry in published if (entry.dataset, entry.split) == (dataset, split)]
        made.append(_table(f"{dataset}, split {split}", groups[dataset, split, apart], here, doubtful, differing))
    return made


def _apart(result: Result) -> list[Any]:
    """Return the values of ``_APART``."""
    return [getattr(result if hasattr(result, key) else result.dataset, key) for key in _APART]


def _table(
    title: str, results: list[Result], published: list[Published], doubtful: bool, differing: list[str]
) -> Table:
    columns = {column for result in results for column in columns_of(result)}
    columns = sorted(columns, key=lambda column: column.place)
    groups, repeated = _rows(results)
    rows = sorted(_row(group, columns) for group in groups)
    notes = [_LEGEND]
    if any(column.protocol == "detection" for column in columns):
        notes.append("detection: mAP (%) at an overlap of 0.5")
    if repeated:
        notes.append("runs stand in rows of their own where a seed occurs twice: they are no draws to take a mean of")
    if differing:
        notes.append(f"kept apart from other results on this dataset and split, which differ in {', '.join(differing)}")
    below, more = published_rows(published, columns, results, doubtful)
    header = [*ROW_HEADER, *(column.header for column in columns)]
    return Table(title, _facts(results[0]), header, rows, below, notes + more)


def _facts(result: Result) -> str:
    """What all results of a table share, in words."""
    apart = dict(zip(_APART, _apart(result), strict=True))
    words = {"train_clips": "training", "test_clips": "test", "validation_clips": "held-out"}
    counts = {word: getattr(result.dataset, key) for key, word in words.items()}
    clips = [f"{count} {word} clips" for word, count in counts.items() if count]
    crop = "the protocol's own" if apart["crop"] is None else apart["crop"]
    facts = [f"preprocessing: {apart['preprocessing']}", f"bodies: {apart['bodies']}", f"crop: {crop}"]
    if apart["crops"] != 1:
        facts.append(f"crops: {apart['crops']}")
    if apart["joint_map"] is not None:
        facts.append(f"joint map: {apart['joint_map']}")
    return "; ".join([*([", ".join(clips)] if clips else []), *facts, f"content {apart['content_hash'][:12]}"])


def _rows(results: list[Result]) -> tuple[list[list[Result]], bool]:
    """Results by row: those of one method, one encoder, one stream and one configuration, whatever the seed.

    Two runs with the same seed are not two draws: where there are such, each run has a row, and the second value is
    True.
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
            by_run.setdefault(_run_folder(result.path), []).append(result)
        for part in by_run.values():
            rows += [part] if _has_each_seed_once(part) else [[result] for result in part]
    return rows, repeated


def _has_each_seed_once(group: list[Result]) -> bool:
    """Whether no protocol has two results of one seed."""
    seen = [(columns_of(result)[0], _seed(result)) for result in group]
    return len(set(seen)) == len(seen)


def _method_key(result: Result) -> str:
    """The same text for results that share a row."""
    configs = [
        {key: value for key, value in _flat(member.config).items() if key not in _NOT_THE_METHOD}
        for member in result.members
    ]
    key = [_method(result), _encoder(result), _stream(result), configs, result.step]
    return json.dumps(key, sort_keys=True)


def _method(result: Result) -> str:
    """The method's name, and the dataset of its pre-training where that is another one."""
    names = []
    for member in result.members:
        name = member.objective.rpartition(".")[2]
        if name == "MaskedRegression":  # one class, two methods
            name = "SkeletonMAE" if value_at(member.config, "objective.target") == "joint" else "MAMP"
        name = {"SJEPA": "S-JEPA"}.get(name, name)
        if member.pretrained_on.content_hash not in (None, result.dataset.content_hash):
            if result.protocol != "transfer":
                name += f", pre-trained on {value_at(member.config, 'dataset.name')}"
        names.append(name)
    return " + ".join(dict.fromkeys(names))


def _encoder(result: Result) -> str:
    names = []
    for member in result.members:
        layer = value_at(member.config, "encoder.conv")  # of an encoder made of any message-passing layer
        names.append(member.encoder.rpartition(".")[2] + (f" {layer}" if isinstance(layer, str) else ""))
    return " + ".join(dict.fromkeys(names))


def _stream(result: Result) -> str:
    """The stream, or those of an ensemble and its weights."""
    streams = " + ".join(member.stream or "custom" for member in result.members)
    if not isinstance(result, EnsembleResult):
        return streams
    weights = result.weights.get("name")
    if weights == "given":
        weights = ", ".join(str(member.weight) for member in result.members)
    return f"{streams} ({weights})" if weights else streams


def _seed(result: Result) -> str:
    """The seed, or those of an ensemble's members."""
    seeds = ("" if member.seed is None else str(member.seed) for member in result.members)
    return ", ".join(dict.fromkeys(seeds))


def _run_folder(path: Path) -> Path:
    """The folder of the run that a result belongs to, or of the ensemble."""
    path = path.absolute()
    return path.parents[2] if path.parents[1].name == "evaluation" else path.parent


def _row(group: list[Result], columns: list[Column]) -> list[str]:
    """One line of text cells: what describes the results, and a figure for each column."""
    first = group[0]
    runs = list(dict.fromkeys(result.run for result in group))
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*runs, strict=False))
    start = "".join(letters[0] for letters in same)
    run = runs[0] if len(runs) == 1 else f"{start}*" if len(start) > 3 else ", ".join(runs)
    seeds = ", ".join(sorted({_seed(result) for result in group}, key=lambda seed: (len(seed), seed)))
    dates = sorted(result.date for result in group)
    step = "" if first.step is None else str(first.step)
    described = [_method(first), _encoder(first), _stream(first), run, seeds, step, dates[-1]]
    return described + [_cell([each for each in group if column in columns_of(each)], column) for column in columns]


def _cell(results: list[Result], column: Column) -> str:
    """The figures of a row by one protocol: ``84.2 ± 0.9 (80.3 ± 1.1), n 3``."""
    if not results:
        return ""
    if column.best:
        means = [statistics.fmean(best["top1"] for best in result.best_epochs) for result in results]
        text, n = _spread([{"top1": mean} for mean in means], "top1")
    else:
        key = results[0].headline[0]
        text, n = _spread([result.metrics for result in results], key)
        if random := [result.random_init for result in results if result.random_init]:
            beside, count = _spread(random, key)
            text += f" ({beside})" if count == n else f" ({beside}, n {count})"
    return f"{text}, n {n}" if n > 1 else text


def _spread(figures: list[Mapping[str, Any]], key: str) -> tuple[str, int]:
    """Mean and standard deviation of results as text, and of how many; of one result, those of its labelled subsets."""
    values = [figure[key] for figure in figures]
    if len(values) > 1:
        return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}", len(values)
    std, subsets = figures[0].get("top1_std"), figures[0].get("top1_seeds")
    if key == "top1" and isinstance(std, (int, float)) and math.isfinite(std) and isinstance(subsets, list):
        return f"{values[0]:.1f} ± {std:.1f}", len(subsets)
    return f"{values[0]:.1f}", 1


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested configuration by dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
