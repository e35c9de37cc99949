"""Accuracy by class and by person, and the confusion matrix, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from skgraph._internal.figures import save_png
from skgraph._internal.text import csv_text, plain
from skgraph.evaluation.results.metrics import class_accuracy, confusion_matrix


def save_classes(folder: Path, scores: Tensor, y: Tensor, class_names: list[str]) -> None:
    """Write ``per_class.csv``, and the confusion matrix as ``confusion.csv`` and ``confusion.png``."""
    counts = confusion_matrix(scores, y)
    accuracy = class_accuracy(counts)
    rows: list[list[Any]] = [["class", "clips", "right", "accuracy", "most often taken for"]]
    for i, name in enumerate(class_names):
        wrong = counts[i].clone()
        wrong[i] = 0
        other = class_names[int(wrong.argmax())] if wrong.any() else ""
        rate = f"{float(accuracy[i]):.2f}" if counts[i].any() else ""
        rows.append([name, int(counts[i].sum()), int(counts[i, i]), rate, other])
    (folder / "per_class.csv").write_text(csv_text(rows), encoding="utf-8")
    table = [["true \\ predicted", *class_names]]
    table += [[name, *line] for name, line in zip(class_names, counts.tolist(), strict=True)]
    (folder / "confusion.csv").write_text(csv_text(table), encoding="utf-8")
    save_png(confusion_figure(counts, class_names), folder / "confusion.png", dpi=120)


def save_subjects(folder: Path, scores: Tensor, y: Tensor, subject: Tensor) -> None:
    """Write ``per_subject.csv``, the person with the lowest accuracy first; nothing where subjects are unknown."""
    if (subject < 0).all():
        return
    right = scores.argmax(dim=1) == y
    rows: list[list[Any]] = []
    for person in subject.unique().tolist():
        own = right[subject == person]
        name = person if person >= 0 else "unknown"
        rows.append([name, len(own), int(own.sum()), f"{100 * own.double().mean():.2f}"])
    table = [["subject", "clips", "right", "accuracy"], *sorted(rows, key=lambda row: float(row[-1]))]
    (folder / "per_subject.csv").write_text(csv_text(table), encoding="utf-8")


def confusion_figure(counts: Tensor, class_names: list[str]) -> Figure:
    """Draw a confusion matrix ``[K, K]``; each row is shaded by the share of its class."""
    class_names = [plain(name, 60) for name in class_names]
    share = counts.double() / counts.sum(dim=1, keepdim=True).clamp(min=1)
    names = 0.06 * max(map(len, class_names), default=0)  # inches beside and under the matrix
    size = max(3.0, 0.22 * len(class_names)) + 1.5 + min(names, 4.0)
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(share.numpy(), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(class_names)), class_names, rotation=90, fontsize=7, parse_math=False)
    axes.set_yticks(range(len(class_names)), class_names, fontsize=7, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(class_names) <= 20:
        for i, j in counts.nonzero().tolist():
            shade = "white" if share[i, j] > 0.5 else "black"
            axes.text(j, i, str(int(counts[i, j])), ha="center", va="center", fontsize=6, color=shade)
    figure.colorbar(image, ax=axes, shrink=0.7, label="share of the true class")
    return figure
