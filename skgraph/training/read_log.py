"""Reader of the log of a training."""

from __future__ import annotations

import json
from pathlib import Path

from skgraph.errors import DataError


def read_log(path: Path) -> list[dict[str, float]]:
    """Read the values of each logged step from a run's ``metrics.jsonl``.

    Raises:
        DataError: the log is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"there is no log '{path}'")
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        records = [{key: float(value) for key, value in record.items() if value is not None} for record in records]
        if not all("step" in record for record in records):
            raise ValueError("a line has no step")
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(f"the log '{path}' cannot be read: {error}") from error
    return records
