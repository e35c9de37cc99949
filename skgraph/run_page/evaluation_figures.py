"""Confusion matrix and accuracies by class and subject, from the tables of an evaluation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from skgraph._internal.text import file_name, plain
from skgraph.errors import DataError, first_line
from skgraph.evaluation.results.class_tables import confusion_figure
from skgraph.inspection.figures import BLUE, bars
from skgraph.run_page.figure import RunFigure

_MOST_ROWS = 500


def evaluation_figures(folder: Path) -> list[RunFigure]:
    """Draw the confusion matrix and the accuracies of an evaluation, each if its table exists."""
    name, figures = file_name(folder.name), []
    if (path := folder / "confusion.csv").is_file():
        rows = _read(path)
        try:
            counts = torch.tensor([[int(cell) for cell in row[1:]] for row in rows[1:]])
            if counts.shape != (len(rows) - 1,) * 2 or (counts < 0).any():
                raise ValueError(f"{list(counts.shape)} counts of {len(rows) - 1} classes, or negative ones")
        except (ValueError, OverflowError) as error:
            raise DataError(f"'{path}' is not a confusion matrix: {error}") from error
        names = [plain(row[0], 40) for row in rows[1:]]
        caption = "Clips of each class (row) by predicted class (column)."
        figures.append(RunFigure.from_matplotlib(f"{name}_confusion", caption, confusion_figure(counts, names), rows))
    for kind, what in (("per_class", "class"), ("per_subject", "person")):
        if (path := folder / f"{kind}.csv").is_file():
            rows = _read(path)
            caption = f"Accuracy of each {what}, lowest first; the line marks all clips."
            figures.append(RunFigure.from_matplotlib(f"{name}_{kind}", caption, _bars(path, rows), rows))
    return figures


def _bars(path: Path, rows: list[list[str]]) -> Figure:
    """Draw the accuracies of a table ``name, clips, right, accuracy, ...``."""
    try:
        table = [(row[0], int(row[1]), int(row[2])) for row in rows[1:]]
        if not all(0 <= right <= number < 1e12 for _, number, right in table):
            raise ValueError("expected 0 <= right <= clips")
    except (ValueError, IndexError) as error:
        raise DataError(f"'{path}' is not a table of accuracies: {first_line(error)}") from error
    clips, right = sum(n for _, n, _ in table), sum(n for _, _, n in table)
    shown = sorted((100 * k / n, f"{plain(name, 30)} ({n})") for name, n, k in table if n > 0)
    accuracies = np.array([accuracy for accuracy, _ in shown])
    label = "top-1 accuracy, % (number of clips in parentheses)"
    figure = bars([name for _, name in shown], {"accuracy": (accuracies, BLUE)}, label)
    (axes,) = figure.axes
    axes.set_xlim(0, 100)
    axes.axvline(100 * right / max(clips, 1), color="#d98032", linewidth=1)
    return figure


def _read(path: Path) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"'{path}' cannot be read: {first_line(error)}") from error
    if not 2 <= len(rows) <= _MOST_ROWS + 1:
        raise DataError(f"'{path}' holds a table of {max(len(rows) - 1, 0)} rows: expected 1 to {_MOST_ROWS}")
    return rows
