"""Tables of the results of many runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skgraph._internal.notebook import data_frame, html_table
from skgraph.evaluation import PretrainedRun, Result
from skgraph.evaluation.results.result import BASELINES
from skgraph.result_tables.collection import collect
from skgraph.result_tables.published import read_published
from skgraph.result_tables.render import format_tables
from skgraph.result_tables.tables import Table, arrange_results


@dataclass(frozen=True)
class Report:
    """Results, and their tables.

    Attributes:
        results: every result found.
        tables: one for each dataset and split, with published accuracies beneath.
        warnings: a sentence for each file that could not be used.
    """

    results: tuple[Result, ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...] = ()

    def format(self, form: str = "markdown") -> str:
        """Return the tables as ``"markdown"`` or ``"latex"``."""
        return format_tables(self.tables, form)

    def to_frame(self) -> Any:
        """Return a pandas ``DataFrame``: a row a result, with its headline metric and those of the baselines."""
        rows = []
        for result in self.results:
            key, metric = result.headline
            row: dict[str, Any] = {"run": result.run, "dataset": result.dataset.name, "split": result.dataset.split}
            row |= {"protocol": result.label, "metric": metric, "trained": result.metrics[key]}
            row |= {name: (getattr(result, name) or {}).get(key) for name in BASELINES}
            rows.append(row | {"seed": result.seed, "step": result.step})
        return data_frame({key: [row[key] for row in rows] for key in rows[0]})

    def _repr_html_(self) -> str:
        return "".join(
            html_table(table.title, table.header, [*table.rows, *table.published], [table.conditions, *table.notes])
            for table in self.tables
        )


def report(runs: str | Path | PretrainedRun | Sequence[str | Path | PretrainedRun], doubtful: bool = False) -> Report:
    """Collect the results below folders in tables: ``python -m skgraph.report``.

    For example::

        print(report("runs").format())

    Args:
        runs: runs, or folders of runs, evaluations or ensembles, or above them.
        doubtful: show published numbers that are unreliable.

    Raises:
        DataError: a folder that does not exist, or no result.
    """
    several = [runs] if isinstance(runs, (str, Path, PretrainedRun)) else runs
    results, warnings = collect(each.folder if isinstance(each, PretrainedRun) else each for each in several)
    return Report(tuple(results), tuple(arrange_results(results, read_published(), doubtful)), tuple(warnings))
