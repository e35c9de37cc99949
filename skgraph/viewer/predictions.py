"""Segments that ``python -m skgraph.predict`` recognised."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from skgraph.errors import DataError, first_line
from skgraph.viewer.scene import Segment

_MOST_SEGMENTS = 5000


def read_predictions(folder: str | Path) -> dict[str, tuple[Segment, ...]]:
    """Read the segments of each recording, by its name.

    Args:
        folder: output of ``python -m skgraph.predict``.

    Raises:
        DataError: the predictions are missing or damaged.
    """
    path = Path(folder) / "predictions.json"
    if not path.is_file():
        raise DataError(f"no predictions at '{path}': expected the folder that `python -m skgraph.predict` wrote")
    try:
        recordings = json.loads(path.read_text(encoding="utf-8"))["recordings"]
        if (most := max((len(one["segments"]) for one in recordings), default=0)) > _MOST_SEGMENTS:
            raise ValueError(f"a recording has {most} segments, at most {_MOST_SEGMENTS} are shown")
        return {_text(one["name"]): tuple(_segment(row) for row in one["segments"]) for one in recordings}
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise DataError(f"the predictions '{path}' cannot be read: {first_line(error)}") from error


def _segment(row: dict[str, Any]) -> Segment:
    start, end, probability = (float(row[key]) for key in ("start", "end", "probability"))
    if not (0 <= start < end < math.inf and 0 <= probability <= 1):
        raise ValueError(f"a segment from {start} to {end} s with probability {probability}")
    return Segment(_text(row["label"]), start, end, probability)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {value!r}")
    return value
