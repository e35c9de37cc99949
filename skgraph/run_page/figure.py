"""Figures of a run, with their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skgraph._internal.html_page import svg
from skgraph._internal.text import csv_text


@dataclass(frozen=True)
class RunFigure:
    """A picture with its caption and data.

    Attributes:
        name: name of the files, without an ending.
        caption: text below the picture.
        content: bytes of the picture's file.
        kind: ``"svg"`` or ``"gif"``, the ending of the picture's file.
        rows: the data; the first row names the columns.
        titled: whether parts of an SVG have titles, which a page shows under the pointer.
    """

    name: str
    caption: str
    content: bytes
    kind: str
    rows: Sequence[Sequence[Any]]
    titled: bool = False

    @classmethod
    def from_matplotlib(cls, name: str, caption: str, figure: Figure, rows: Sequence[Sequence[Any]]) -> RunFigure:
        """Render a Matplotlib figure as SVG."""
        return cls(name, caption, svg(figure), "svg", rows)

    @property
    def files(self) -> list[str]:
        """Names of the files that :meth:`save` writes."""
        return [f"{self.name}.{self.kind}", f"{self.name}.csv"]

    def save(self, folder: Path) -> None:
        """Write the picture, and the data as CSV beside it."""
        picture, data = (folder / name for name in self.files)
        picture.write_bytes(self.content)
        # A name in a damaged file may hold half of a surrogate pair, which UTF-8 cannot encode.
        data.write_text(csv_text(self.rows), encoding="utf-8", errors="backslashreplace")
