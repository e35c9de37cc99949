"""A CSV file of the numbers of a training."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from skgraph._internal.atomic import atomic_file


class CSVLogger:
    """Appends lines ``step,name,value`` to ``metrics.csv`` in the run folder.

    Args:
        folder: folder of the run.
        step: steps already done; later lines of a killed process are dropped.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        path = folder / "metrics.csv"
        rows = csv.reader(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
        kept = [row for row in rows if len(row) == 3 and row[0].isdecimal() and int(row[0]) <= step]
        with atomic_file(path, "w") as file:
            csv.writer(file).writerows([("step", "name", "value"), *kept])
        self._file = open(path, "a", encoding="utf-8", newline="")

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Append the numbers of a step."""
        csv.writer(self._file).writerows((step, key, value) for key, value in scalars.items())
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
