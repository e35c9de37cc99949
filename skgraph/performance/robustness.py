"""Accuracy under the defects of trackers, as a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.figures import save_png
from skgraph._internal.text import csv_text
from skgraph.build import open_store
from skgraph.evaluation.features.pooling import Pool
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.results.result_folder import store_name
from skgraph.evaluation.robustness import COLUMNS, DEFECTS, PROTOCOLS, Robustness, robustness
from skgraph.training.devices import choose_device

_TITLES = {"knn": "kNN", "linear": "linear"}


def benchmark_robustness(
    run: str | int, dataset: Mapping[str, Any] | None, pool: Pool, seed: int, device: str, precision: str
) -> tuple[dict[str, float], str]:
    """Evaluate a run under the defects of trackers, and write a table and a figure.

    They go to ``robustness/<store>_<split>`` in the folder of the run; ``pool`` and ``seed`` are added to this name if
    they are not the default.

    Args:
        run: folder of a run or model.
        dataset: dataset to evaluate on; ``None`` for the run's.
        pool, seed, device, precision: see :func:`~skgraph.evaluation.robustness.robustness`.

    Returns:
        top-1 accuracy in per cent by defect, strength, protocol and column; and the table.
    """
    opened = PretrainedRun.open(str(run))
    store, split = open_store(dataset or opened.config["dataset"], write=False)
    found = robustness(opened, store, split, choose_device(device), precision, pool, seed, progress=True)
    changed = [pool] * (pool != "mean") + [f"seed{seed}"] * (seed != 0)
    folder = opened.folder / "robustness" / "_".join([store_name(store), split, *changed])
    table = format_robustness(found)
    with atomic_folder(folder) as partial:
        (partial / "robustness.md").write_text(table, encoding="utf-8")
        (partial / "robustness.csv").write_text(csv_text(_rows(found)), encoding="utf-8")
        save_png(robustness_figure(found), partial / "robustness.png", dpi=120)
    measured = {
        f"{_condition(row)}, {protocol}, {column}": top1
        for row in found
        for (protocol, column), top1 in row.top1.items()
    }
    return measured, f"{table}written: {folder}"


def format_robustness(found: Sequence[Robustness]) -> str:
    """Format a Markdown table of accuracies by defect and strength: trained / random init / raw coordinates."""
    lines = [
        f"Top-1 accuracy (%) on test clips with defects, {' / '.join(COLUMNS)}; training clips have none.",
        "",
        f"| defect | {' | '.join(_TITLES[protocol] for protocol in PROTOCOLS)} |",
        "|---|" + "---|" * len(PROTOCOLS),
    ]
    for row in found:
        cells = [" / ".join(f"{row.top1[protocol, column]:.1f}" for column in COLUMNS) for protocol in PROTOCOLS]
        lines.append(f"| {_condition(row)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def robustness_figure(found: Sequence[Robustness]) -> Figure:
    """Draw accuracy over strength: a row of panels for each protocol, a column for each defect."""
    figure = Figure(figsize=(14, 5.5), layout="constrained")
    panels = figure.subplots(len(PROTOCOLS), len(DEFECTS), sharex="col", sharey="row")
    for protocol, row in zip(PROTOCOLS, panels, strict=True):
        row[0].set_ylabel(f"{_TITLES[protocol]}, top-1 (%)")
        for defect, axes in zip(DEFECTS, row, strict=True):
            shown = [one for one in found if one.defect in (None, defect)]
            for column, style in zip(COLUMNS, ("o-", "s--", "^:"), strict=True):
                axes.plot(range(len(shown)), [one.top1[protocol, column] for one in shown], style, label=column)
            axes.set_xticks(range(len(shown)), [f"{one.strength:g}" if one.defect else "none" for one in shown])
            axes.grid(alpha=0.3)
    for defect, top, bottom in zip(DEFECTS, panels[0], panels[-1], strict=True):
        top.set_title(defect.name)
        bottom.set_xlabel(defect.unit)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(COLUMNS))
    return figure


def _condition(row: Robustness) -> str:
    return "none" if row.defect is None else f"{row.defect.name}, {row.strength:g} {row.defect.unit}"


def _rows(found: Sequence[Robustness]) -> list[Sequence[object]]:
    keys = list(found[0].top1)
    header = ["defect", "strength", "unit", *(" ".join(key) for key in keys)]
    return [
        header,
        *(
            [row.defect.name if row.defect else "none", row.strength, row.defect.unit if row.defect else ""]
            + [round(row.top1[key], 2) for key in keys]
            for row in found
        ),
    ]
