"""A diagnosis as text, as a CSV file and as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.figures import save_png
from skgraph._internal.text import aligned, csv_text

COLUMNS = {  # key in the table: title, decimals
    "step": ("step", 0),
    "action": ("action", 1),
    "neighbour": ("kNN", 1),
    "subject": ("subject", 1),
    "pose": ("pose", 1),
    "speed": ("speed", 1),
    "view": ("view", 1),
    "rankme": ("RankMe", 1),
    "similarity": ("like untrained", 2),
    "skill": ("skill", 2),
    "loss": ("loss", 3),
}
PANELS = {
    "accuracy of linear probes, %": ("action", "neighbour", "subject"),
    "variance explained, %": ("pose", "speed", "view"),
    "effective rank": ("rankme",),
    "share": ("similarity", "skill", "target_entropy", "prediction_entropy"),
}


def format_diagnosis(diagnosis: Sequence[Mapping[str, float]]) -> str:
    """Format the main metrics, a line for each checkpoint, with their explanation."""
    columns = [key for key in COLUMNS if key in diagnosis[-1]]
    rows = [[f"{row[key]:.{COLUMNS[key][1]}f}" for key in columns] for row in diagnosis]
    table = aligned([[COLUMNS[key][0] for key in columns], *rows], left=0)
    about = "step 0 is the untrained encoder"
    if probes := [COLUMNS[key][0] for key in ("action", "neighbour", "subject") if key in columns]:
        about += f"; {', '.join(probes)}: accuracy, %"
    about += "; pose, speed, view (the heading): variance explained, %, below 0 worse than the mean"
    skill = (
        "skill: share of the best trivial prediction's squared distance that the predictor saves; below 0 it is worse"
    )
    return "\n".join([*table, about, *([skill] if "skill" in columns else [])])


def curves_figure(diagnosis: Sequence[Mapping[str, float]]) -> Figure:
    """Draw every metric over the steps, in panels of like units."""
    figure = Figure(figsize=(11, 6.5), layout="constrained")
    steps = [row["step"] for row in diagnosis]
    for axes, (label, keys) in zip(figure.subplots(2, 2, sharex=True).flat, PANELS.items(), strict=True):
        for key in keys:
            if key in diagnosis[-1]:
                axes.plot(steps, [row[key] for row in diagnosis], marker="o", markersize=3, label=key)
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=8)
    for axes in figure.axes[2:]:
        axes.set_xlabel("step")
    return figure


def save_diagnosis(folder: Path, diagnosis: Sequence[Mapping[str, float]]) -> None:
    """Write ``diagnosis.csv`` and ``diagnosis.png`` into a folder, which is replaced if it exists."""
    columns = list(dict.fromkeys(key for row in diagnosis for key in row))
    rows = [[row.get(key, "") for key in columns] for row in diagnosis]
    with atomic_folder(folder) as partial:
        (partial / "diagnosis.csv").write_text(csv_text([columns, *rows]), encoding="utf-8")
        save_png(curves_figure(diagnosis), partial / "diagnosis.png", dpi=120)
