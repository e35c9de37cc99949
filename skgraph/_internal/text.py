"""Formatting of texts, lists, counts, shares, tables and names, in messages, figures and CSV files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from skgraph.errors import first_three, printable

_FORMULA = ("=", "+", "-", "@")  # first characters of a formula in a spreadsheet


def plain(text: object, characters: int = 200) -> str:
    """Shorten a text, and escape control characters, which a terminal or a page would obey."""
    text = str(text)
    return printable(text if len(text) <= characters else text[: characters - 3] + "...")


def few(texts: Sequence[object]) -> str:
    """List the first three, and count the others."""
    return first_three([plain(text) if i < 3 else "" for i, text in enumerate(texts)])


def worst(texts: Sequence[object]) -> str:
    """List the first three of a selection, without its length."""
    return ", ".join(map(plain, texts[:3])) + (", ..." if texts[3:] else "")


def count(number: int, noun: str) -> str:
    """Write ``1 clip``, ``2 clips``, ``2 bodies``, ``3 classes``."""
    if number == 1:
        return f"1 {noun}"
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "es" if noun.endswith("s") else noun + "s"
    return f"{number} {plural}"


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return the content of a CSV file, in which no text is a formula of a spreadsheet or has control characters.

    A text that begins with ``=``, ``+``, ``-`` or ``@``, and is no number, gets an apostrophe before it.
    """
    content = io.StringIO()
    csv.writer(content, lineterminator="\n").writerows([_csv_cell(cell) for cell in row] for row in rows)
    return content.getvalue()


def from_csv(cell: str) -> str:
    """Return a cell of :func:`csv_text` without the apostrophe before a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA else cell


def _csv_cell(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    is_formula = text[:1] in _FORMULA and not re.fullmatch(r"[+-]?([0-9.]+(e[+-]?[0-9]+)?|inf|nan)", text)
    return f"'{text}" if is_formula else text


def aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Align the columns of a table, two spaces apart: the first ``left`` ones to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [f"{cell:{'<' if i < left else '>'}{widths[i]}}" for i, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return lines


def share(fraction: float) -> str:
    """Write a fraction in per cent; a very small one never reads as none."""
    return f"{fraction:.1%}" if fraction >= 0.0005 or fraction == 0 else "under 0.1%"


def file_name(text: str) -> str:
    """Return a text as a file name, in characters that every system accepts."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", text)[:80]


def legend_label(text: str, characters: int) -> str:
    """Return a text for a legend, where a dollar begins a formula and a leading underscore hides the entry."""
    label = plain(text, characters).replace("$", r"\$")
    return f" {label}" if label.startswith("_") else label
