"""The log of a run: JSON lines, a logger beside them, and the speed that they record."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from skgraph._internal.atomic import atomic_file
from skgraph.errors import DataError
from skgraph.training.loggers import Logger, TensorBoardLogger

Batch = TypeVar("Batch")
OpenLogger = Callable[[int, Mapping[str, int]], Logger]


class RunLog:
    """Appends the numbers of a training to ``metrics.jsonl`` in the run folder, and passes them to a logger.

    Opening drops the records of a killed process beyond the given step, and a half-written line, so that a resumed run
    has the log of an uninterrupted one.

    Args:
        folder: folder of the run.
        step: steps already done.
        open_logger: opens a logger, given ``step`` and ``logged``, see :class:`skgraph.training.loggers.Logger`; by
            default TensorBoard.
    """

    def __init__(self, folder: Path, step: int = 0, open_logger: OpenLogger | None = None) -> None:
        self.path = folder / "metrics.jsonl"
        records = _records(self.path)
        logged = {key: record["step"] for record in records for key in record}
        self.logger = TensorBoardLogger(folder, step) if open_logger is None else open_logger(step, logged)
        with atomic_file(self.path, "w") as file:  # after the logger, which may fail, has seen all of it
            file.writelines(json.dumps(record) + "\n" for record in records if record["step"] <= step)
        self._file = open(self.path, "a", encoding="utf-8")

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log numbers of a step.

        Raises:
            DataError: the folder was deleted meanwhile.
        """
        if not self.path.exists():
            raise DataError(f"'{self.path.parent}' was deleted while its training ran: nothing is written any more")
        self._file.write(json.dumps({"step": step, **scalars}) + "\n")
        self._file.flush()
        self.logger.log(step, scalars)

    def close(self) -> None:
        """Flush and close the file and the logger."""
        self._file.close()
        self.logger.close()


class Throughput:
    """Clips per second, and the share of time spent waiting for data, since the last record."""

    def __init__(self, batch: int) -> None:
        self._batch, self._start, self._clips, self._waited = batch, time.perf_counter(), 0, 0.0

    def watch(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield batches, counting their clips and the time until each comes."""
        start = time.perf_counter()
        for batch in batches:
            self._waited += time.perf_counter() - start
            self._clips += self._batch
            yield batch
            start = time.perf_counter()

    def read(self) -> dict[str, float]:
        """Return the values since the last call, and start anew."""
        elapsed = time.perf_counter() - self._start
        values = {"clips_per_second": self._clips / elapsed, "data_wait": self._waited / elapsed}
        self._start, self._clips, self._waited = self._start + elapsed, 0, 0.0
        return values


def _records(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
            if isinstance(record.get("step"), int):
                records.append(record)
        except (ValueError, AttributeError, RecursionError):
            continue  # half-written or damaged
    return records
