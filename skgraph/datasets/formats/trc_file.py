"""TRC files (*Track Row Column* of Motion Analysis): markers in a table of text.

https://opensimconfluence.atlassian.net/wiki/spaces/OpenSim/pages/53089972
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.datasets.formats.marker_file import MarkerFile
from skgraph.datasets.formats.text_file import parse_number, read_lines
from skgraph.errors import DataError

_HEADER = 5  # lines


class TrcFile(MarkerFile):
    """A TRC file; y points up, as in OpenSim."""

    @classmethod
    def open(cls, path: Path) -> TrcFile:
        """Read the lines before the frames.

        Raises:
            DataError: the file is missing, or its header is none.
        """
        header = [text for _, (_, text) in zip(range(_HEADER), read_lines(path), strict=False)]
        if len(header) < _HEADER or not header[0].startswith("PathFileType"):
            raise DataError(
                f"'{path}' begins with '{''.join(header[:1])[:40]}', expected five lines, first PathFileType"
            )
        about = dict(zip(header[1].split(), header[2].split(), strict=False))
        names = [name for cell in _cells(header[3])[2:] if (name := cell.strip())]
        values = {key: _number(about.get(key, "")) for key in ("DataRate", "NumFrames", "NumMarkers")}
        for key, value in values.items():
            if not 0 <= value < 1e9 or (key != "DataRate" and value != int(value)):
                raise DataError(f"'{path}', line 3: {key} must be a number, found '{about.get(key, '')[:40]}'")
        if values["NumMarkers"] != len(names):
            raise DataError(f"'{path}': NumMarkers is {about['NumMarkers']}, and line 4 names {len(names)} markers")
        return cls(path, names, int(values["NumFrames"]), values["DataRate"], about.get("Units", ""), "y")

    def read(self) -> np.ndarray:
        rows = []
        for number, text in read_lines(self.path):
            if number <= _HEADER or not text:
                continue
            cells = _cells(text)[2:]
            if len(cells) > 3 * len(self.names):
                raise DataError(f"'{self.path}', line {number}: more than {3 * len(self.names)} coordinates")
            try:
                row = [parse_number(cell) if cell.strip() else np.nan for cell in cells]
            except ValueError as error:
                raise DataError(f"'{self.path}', line {number}: {error}") from None
            rows.append(row + [np.nan] * (3 * len(self.names) - len(row)))  # blanks at the end of a line are stripped
        if len(rows) != self.frames:
            raise DataError(f"'{self.path}' must have {self.frames} frames by its header, found {len(rows)}")
        return np.array(rows, np.float64).reshape(len(rows), len(self.names), 3)


def _cells(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else line.split()


def _number(word: str) -> float:
    try:
        return parse_number(word)
    except ValueError:
        return -1.0
