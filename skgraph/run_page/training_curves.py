"""Curves of a training, from its log."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from skgraph._internal.text import legend_label, plain
from skgraph.errors import DataError
from skgraph.run_page.figure import RunFigure
from skgraph.training.read_log import read_log

_PANELS = {  # title: keys of the log
    "loss": ("loss", "prediction_loss", "variance_loss", "covariance_loss"),
    "standard deviation": ("feature_std", "target_std", "prediction_std"),
    "entropy, share of the maximum": ("target_entropy", "prediction_entropy"),
    "effective rank": ("rankme",),
    "neighbours of other people, %": ("online_knn",),
    "learning rate": ("lr",),
    "gradient norm": ("gradient_norm",),
    "clips a second": ("clips_per_second",),
}
_MOST_PANELS = 24  # the data holds the rest
_NOT_DRAWN = ("step", "epoch", "data_wait")


def training_curves(folder: Path) -> RunFigure:
    """Draw ``metrics.jsonl`` of a run in panels of like units; a key of a custom objective has its own panel.

    A DataError says that the log is missing, damaged or empty.
    """
    records = _read_log(folder / "metrics.jsonl")
    keys = list(dict.fromkeys(key for record in records for key in record))
    drawn = [key for key in keys if key not in _NOT_DRAWN]
    named = {key for known in _PANELS.values() for key in known}
    all_panels = _PANELS | {key: (key,) for key in drawn if key not in named}
    panels = {title: [key for key in known if key in drawn] for title, known in all_panels.items()}
    lines = {title: {key: _points(records, key) for key in known} for title, known in panels.items() if known}
    rows: list[list[Any]] = [keys, *([record.get(key, "") for key in keys] for record in records)]
    return RunFigure.from_matplotlib("curves", "Training log.", _figure(lines), rows)


def compared_curves(runs: Mapping[str, Path]) -> list[RunFigure]:
    """Draw what several runs log, by name and folder, in panels with a line for each run.

    Nothing is drawn if fewer than two logs can be read.
    """
    logs = {}
    for name, folder in runs.items():
        with contextlib.suppress(DataError):  # the page says so beside the run
            logs[name] = _read_log(folder / "metrics.jsonl")
    keys = list(dict.fromkeys(key for records in logs.values() for record in records for key in record))
    titles = {known[0]: title for title, known in _PANELS.items() if len(known) == 1}
    lines: dict[str, dict[str, np.ndarray]] = {}
    for key in keys:
        points = {name: _points(records, key) for name, records in logs.items()}
        there = {name: line for name, line in points.items() if len(line)}
        if key not in _NOT_DRAWN and len(there) > 1:
            lines[titles.get(key, key)] = there
    if not lines:
        return []
    rows: list[list[Any]] = [["run", *keys]]
    rows += [[run, *(record.get(key, "") for key in keys)] for run, records in logs.items() for record in records]
    caption = "Training logs of the runs. Losses of different objectives do not compare."
    return [RunFigure.from_matplotlib("compared_curves", caption, _figure(lines), rows)]


def _read_log(path: Path) -> list[dict[str, float]]:
    records = read_log(path)
    if not any(key not in _NOT_DRAWN for record in records for key in record):
        raise DataError(f"nothing is in the log '{path}'")
    return records


def _points(records: list[dict[str, float]], key: str) -> np.ndarray:
    """Return the steps and values of a key that can be drawn, ``[n, 2]``."""
    points = np.array([(record["step"], record[key]) for record in records if key in record]).reshape(-1, 2)
    return points[(abs(points) < 1e30).all(axis=1)]


def _figure(lines: dict[str, dict[str, np.ndarray]]) -> Figure:
    """Draw panels by their title, each with lines by their name."""
    panels = dict(itertools.islice(lines.items(), _MOST_PANELS))
    columns = min(3, len(panels))
    height = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(3.6 * columns, 2.4 * height), layout="constrained")
    axes = figure.subplots(height, columns, squeeze=False).ravel()
    for panel, (label, named) in zip(axes, panels.items(), strict=False):
        for name, points in named.items():
            marker = "." if len(points) < 30 else None
            panel.plot(*points.T, marker=marker, linewidth=1.1, label=legend_label(name, 40))
        panel.set_title(plain(label, 40), fontsize=9, parse_math=False)
        panel.tick_params(labelsize=7)
        panel.grid(alpha=0.3)
        if len(named) > 1:
            panel.legend(fontsize=7)
    for panel in axes[len(panels) :]:
        panel.set_axis_off()
    for panel in axes[max(0, len(panels) - columns) : len(panels)]:
        panel.set_xlabel("step", fontsize=8)
    return figure
