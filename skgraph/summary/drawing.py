"""A picture and the numbers in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from skgraph._internal.html_page import image, svg


def file_name(text: str) -> str:
    """A text as a part of a file's name, in letters that every system takes."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", text)[:80]


@dataclass(frozen=True)
class Drawing:
    """A picture, what it shows, and its data.

    Attributes:
        name: of its files, without an ending.
        caption: what it shows.
        content: the picture's file.
        kind: its ending: ``"svg"`` or ``"gif"``.
        rows: of the data; the first names the columns.
    """

    name: str
    caption: str
    content: bytes
    kind: str
    rows: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, name: str, caption: str, figure: Figure, rows: Sequence[Sequence[Any]]) -> Drawing:
        """A drawing of Matplotlib's."""
        return cls(name, caption, svg(figure), "svg", rows)

    def save(self, folder: Path) -> None:
        """Write the picture, and the data as CSV beside it."""
        (folder / f"{self.name}.{self.kind}").write_bytes(self.content)
        # Half a character, which a name in a damaged file may hold, can be written nowhere.
        with open(folder / f"{self.name}.csv", "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(self.rows)

    def element(self, folder: str) -> str:
        """The picture in a page that stands beside ``folder``, with links to its files."""
        files = [f"{folder}{self.name}.{ending}" for ending in (self.kind, "csv")]
        return image(self.content, self.kind, self.caption, files)
