"""The log of a run: a line of JSON a record, and TensorBoard beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from skgraph.atomic import atomic_file


class RunLog:
    """Appends to ``metrics.jsonl`` and to TensorBoard's event files in a run folder.

    Opened at a step, it forgets what a killed process had logged beyond it (and a line it had half written), so that a
    resumed run has the log of an uninterrupted one.

    Args:
        folder: of the run.
        step: steps already done.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.path = folder / "metrics.jsonl"
        kept = [line for line in _lines(self.path) if json.loads(line)["step"] <= step]
        with atomic_file(self.path, "w") as file:
            file.writelines(f"{line}\n" for line in kept)
        self._file = open(self.path, "a", encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers at a step."""
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        for key, value in values.items():
            self._board.add_scalar(key, value, step)

    def histogram(self, step: int, key: str, values: Tensor) -> None:
        """Log the distribution of a tensor's values."""
        self._board.add_histogram(key, values.float().cpu(), step)

    def figure(self, step: int, key: str, figure: Figure) -> None:
        """Log a drawing."""
        self._board.add_figure(key, figure, step)

    def close(self) -> None:
        """Flush and close the files."""
        self._file.close()
        self._board.close()


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            if isinstance(json.loads(line).get("step"), int):
                lines.append(line)
        except (ValueError, AttributeError, RecursionError):
            continue  # a kill in the middle of a write, or damage: what can be read stays
    return lines
