"""What ``python -m skgraph.predict`` found, for the clips that are shown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from skgraph.errors import DataError, first_line
from skgraph.viewer.scene import Segment

MOST = 5000  # segments of a recording


def predicted_segments(folder: str | Path) -> dict[str, tuple[Segment, ...]]:
    """Segments of each recording, by its name.

    Args:
        folder: that ``python -m skgraph.predict`` wrote.

    Raises:
        DataError: there are no predictions, or they are damaged.
    """
    path = Path(folder) / "predictions.json"
    if not path.is_file():
        raise DataError(f"no predictions at '{path}': expected the folder that `python -m skgraph.predict` wrote")
    try:
        recordings = json.loads(path.read_text(encoding="utf-8"))["recordings"]
        if (most := max((len(one["segments"]) for one in recordings), default=0)) > MOST:
            raise ValueError(f"a recording has {most} segments, at most {MOST} are shown")
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
