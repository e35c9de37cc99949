"""Tables as text: Markdown, LaTeX or a page of HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from skgraph._internal.html_page import document, heading, table
from skgraph.errors import ConfigError
from skgraph.summary.tables import ROW_HEADER, Table

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "[": "{[}",
    "]": "{]}",
}


def render(made: Sequence[Table], format: str = "markdown") -> str:
    """Tables as text: ``"markdown"``, ``"latex"`` (with booktabs) or ``"html"`` (one page that needs nothing else).

    Raises:
        ConfigError: another format.
    """
    if format == "markdown":
        return "\n".join(_markdown(table) for table in made)
    if format == "latex":
        return "% needs \\usepackage{booktabs}\n" + "\n".join(_latex(table) for table in made)
    if format == "html":
        return document("skgraph: results", [as_html(table) for table in made])
    raise ConfigError(f"format must be one of markdown, latex, html, found '{format}'")


def _markdown(table: Table) -> str:
    rows = [[_escape_markdown(cell) for cell in row] for row in [table.header, *table.rows, *table.published]]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(table.header))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    figures = range(len(ROW_HEADER), len(widths))
    lines.insert(1, "|" + "|".join("-" * (w + 1) + (":" if i in figures else "-") for i, w in enumerate(widths)) + "|")
    notes = [f"- {_escape_markdown(note)}" for note in table.notes]
    title, facts = _escape_markdown(table.title), _escape_markdown(table.facts)
    return "\n".join([f"## {title}", "", facts, "", *lines, "", *notes, ""])


def _escape_markdown(text: str) -> str:
    """Plain text as Markdown: what has a meaning in a table or as HTML is escaped, a line break is a space."""
    return re.sub(r"([\\|`*<]|&(?=#?\w+;))", r"\\\1", " ".join(text.split()))


def _latex(table: Table) -> str:
    def lines(rows: list[list[str]]) -> list[str]:
        return [" & ".join(_escape_latex(cell) for cell in row) + r" \\" for row in rows]

    figures = len(table.header) - len(ROW_HEADER)
    notes = [rf"\par {_escape_latex(note)}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escape_latex(f'{table.title}. {table.facts}')}}}",
            rf"\begin{{tabular}}{{{'l' * len(ROW_HEADER)}{'r' * figures}}}",
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
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))


def as_html(made: Table) -> str:
    """A table as a part of a page."""
    notes = "\n".join(f"<li>{html.escape(note)}</li>" for note in made.notes)
    return "\n".join(
        [
            heading(made.title),
            f"<p>{html.escape(made.facts)}</p>",
            table(made.header, made.rows, len(ROW_HEADER), made.published),
            f"<ul>\n{notes}\n</ul>",
        ]
    )
