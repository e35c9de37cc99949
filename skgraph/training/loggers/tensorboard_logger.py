"""TensorBoard's event files, and its projector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from skgraph._internal.atomic import atomic_file
from skgraph._internal.text import plain

# Configuration of TensorBoard's projector.
_PROJECTOR = """embeddings {{
  tensor_name: "features, step {step}"
  tensor_path: "features.tsv"
  metadata_path: "labels.tsv"
}}"""


class TensorBoardLogger:
    """Writes TensorBoard's event files to ``tensorboard`` in the run folder: numbers, histograms, figures and features.

    Args:
        folder: folder of the run.
        step: steps already done; later events of a killed process are dropped.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self._folder = folder / "tensorboard"
        self._board = SummaryWriter(str(self._folder), purge_step=step + 1)

    def log(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log numbers of a step."""
        for key, value in scalars.items():
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
        if self._folder.exists():  # TensorBoard's thread fails without its folder
            self._board.close()
