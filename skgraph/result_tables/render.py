"""Tables of results as Markdown or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from skgraph.result_tables.tables import ROW_HEADER, Table

_LATEX: dict[Any, Any] = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "[": "{[}",
    "]": "{]}",
}


def format_tables(tables: Sequence[Table], format: str = "markdown") -> str:
    """Return tables as ``"markdown"`` or as ``"latex"``, which needs the package booktabs."""
    if format == "latex":
        return "% needs \\usepackage{booktabs}\n" + "\n".join(_latex(table) for table in tables)
    return "\n".join(_markdown(table) for table in tables)


def _markdown(table: Table) -> str:
    rows = [[_escape_markdown(cell) for cell in row] for row in [table.header, *table.rows, *table.published]]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(table.header))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    ends = "-" * len(ROW_HEADER) + ":" * (len(widths) - len(ROW_HEADER))  # metrics are aligned to the right
    lines.insert(1, "|" + "|".join("-" * (w + 1) + end for w, end in zip(widths, ends, strict=True)) + "|")
    notes = [f"- {_escape_markdown(note)}" for note in table.notes]
    title, conditions = _escape_markdown(table.title), _escape_markdown(table.conditions)
    return "\n".join([f"## {title}", "", conditions, "", *lines, "", *notes, ""])


def _escape_markdown(text: str) -> str:
    """Escape the special characters of Markdown tables and HTML; a line break becomes a space."""
    return re.sub(r"([\\|`*<]|&(?=#?\w+;))", r"\\\1", " ".join(text.split()))


def _latex(table: Table) -> str:
    def lines(rows: list[list[str]]) -> list[str]:
        return [" & ".join(_escape_latex(cell) for cell in row) + r" \\" for row in rows]

    metrics = len(table.header) - len(ROW_HEADER)
    notes = [rf"\par {_escape_latex(note)}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escape_latex(f'{table.title}. {table.conditions}')}}}",
            rf"\begin{{tabular}}{{{'l' * len(ROW_HEADER)}{'r' * metrics}}}",
            r"\toprule",
            *lines([table.header]),
            r"\midrule",
            *lines(table.rows),
            *([r"\midrule", *lines(table.published)] if table.published else []),
            r"\bottomrule",
            r"\end{tabular}",
            r"\par\smallskip\footnotesize\raggedright",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def _escape_latex(text: str) -> str:
    return " ".join(text.split()).translate(str.maketrans(_LATEX))
