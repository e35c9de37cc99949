"""Curves of a training, from its log."""

from __future__ import annotations

import itertools
import json
import math
from operator import itemgetter
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from skgraph._internal.text import legend_label, plain
from skgraph.errors import DataError
from skgraph.run_page.figure import RunFigure

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
    path = folder / "metrics.jsonl"
    if not path.is_file():
        raise DataError(f"there is no log '{path}'")
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        records = [{key: float(value) for key, value in record.items() if value is not None} for record in records]
        if not all("step" in record for record in records):
            raise ValueError("a line has no step")
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"the log '{path}' cannot be read: {error}") from error
    keys = list(dict.fromkeys(key for record in records for key in record))
    drawn = [key for key in keys if key not in _NOT_DRAWN]
    if not drawn:
        raise DataError(f"nothing is in the log '{path}'")
    named = {key for known in _PANELS.values() for key in known}
    all_panels = _PANELS | {key: (key,) for key in drawn if key not in named}
    panels = {title: [key for key in known if key in drawn] for title, known in all_panels.items()}
    panels = dict(itertools.islice(filter(itemgetter(1), panels.items()), _MOST_PANELS))
    rows = [keys, *([record.get(key, "") for key in keys] for record in records)]
    return RunFigure.from_matplotlib("curves", "Training log.", _figure(panels, records), rows)


def _figure(panels: dict[str, list[str]], records: list[dict[str, float]]) -> Figure:
    columns = min(3, len(panels))
    lines = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(3.6 * columns, 2.4 * lines), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, (label, keys) in zip(axes, panels.items(), strict=False):
        for key in keys:
            points = np.array([(record["step"], record[key]) for record in records if key in record])
            points = points[(abs(points) < 1e30).all(axis=1)]
            marker = "." if len(points) < 30 else None
            panel.plot(*points.T, marker=marker, linewidth=1.1, label=legend_label(key, 40))
        panel.set_title(plain(label, 40), fontsize=9, parse_math=False)
        panel.tick_params(labelsize=7)
        panel.grid(alpha=0.3)
        if len(keys) > 1:
            panel.legend(fontsize=7)
    for panel in axes[len(panels) :]:
        panel.set_axis_off()
    for panel in axes[max(0, len(panels) - columns) : len(panels)]:
        panel.set_xlabel("step", fontsize=8)
    return figure
