"""The log of a run: JSON lines, TensorBoard beside them, and the speed that they record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from skgraph._internal.atomic import atomic_file
from skgraph._internal.text import plain
from skgraph.errors import DataError

Batch = TypeVar("Batch")

# Configuration of TensorBoard's projector.
_PROJECTOR = """embeddings {{
  tensor_name: "features, step {step}"
  tensor_path: "features.tsv"
  metadata_path: "labels.tsv"
}}"""


class RunLog:
    """Appends to ``metrics.jsonl`` and to TensorBoard's event files in a run folder.

    Opening drops the records of a killed process beyond the given step, and a half-written line, so that a resumed run
    has the log of an uninterrupted one.

    Args:
        folder: folder of the run.
        step: steps already done.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.path = folder / "metrics.jsonl"
        kept = [line for line in _lines(self.path) if json.loads(line)["step"] <= step]
        with atomic_file(self.path, "w") as file:
            file.writelines(f"{line}\n" for line in kept)
        self._file = open(self.path, "a", encoding="utf-8")
        self._folder = folder / "tensorboard"
        self._board = SummaryWriter(str(self._folder), purge_step=step + 1)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers at a step.

        Raises:
            DataError: the folder was deleted meanwhile.
        """
        if not self._folder.exists():
            raise DataError(f"'{self.path.parent}' was deleted while its training ran: nothing is written any more")
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        for key, value in values.items():
            self._board.add_scalar(key, value, step)

    def histogram(self, step: int, key: str, values: Tensor) -> None:
        """Log the distribution of a tensor's values."""
        self._board.add_histogram(key, values.float().cpu(), step)

    def figure(self, step: int, key: str, figure: Figure) -> None:
        """Log a figure."""
        self._board.add_figure(key, figure, step)

    def embedding(self, step: int, features: Tensor, labels: Mapping[str, Sequence[object]]) -> None:
        """Show features in TensorBoard's projector, in place of those of an earlier step.

        Args:
            step: step of the features.
            features: ``[n, D]``.
            labels: two columns or more of ``n`` values to name and colour points by.
        """
        rows = ["\t".join(f"{value:.6g}" for value in row) for row in features.float().cpu().tolist()]
        columns = [[plain(" ".join(str(value).split())) for value in column] for column in labels.values()]
        named = ["\t".join(row) for row in [list(labels), *zip(*columns, strict=True)]]
        config = _PROJECTOR.format(step=step)
        for name, text in (("features.tsv", rows), ("labels.tsv", named), ("projector_config.pbtxt", [config])):
            with atomic_file(self._folder / name, "w") as file:
                file.writelines(f"{line}\n" for line in text)

    def close(self) -> None:
        """Flush and close the files."""
        self._file.close()
        if self._folder.exists():  # TensorBoard's thread fails without its folder
            self._board.close()


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


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            if isinstance(json.loads(line).get("step"), int):
                lines.append(line)
        except (ValueError, AttributeError, RecursionError):
            continue  # half-written or damaged
    return lines
