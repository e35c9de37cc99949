"""C3D files (https://www.c3d.org): markers and analog signals of optical motion capture, of which markers are read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import check_file
from skgraph.datasets.formats.marker_file import MarkerFile
from skgraph.errors import ConfigError, DataError, first_line

_LARGEST_LABELS = 2**20  # bytes


class C3dFile(MarkerFile):
    """A C3D file, read by the package `c3d`: pure Python, so that no damaged file crashes the interpreter."""

    @classmethod
    def open(cls, path: Path) -> C3dFile:
        """Read header and parameters.

        Raises:
            ConfigError: the package `c3d` is not installed.
            DataError: the file is missing or damaged.
        """
        with _reader(path) as reader:
            labels = [name for key in ("POINT:LABELS", "POINT:LABELS2") for name in _labels(reader.get(key))]
            screen = reader.get("POINT:Y_SCREEN")  # the axis that points up on a screen
            unit = reader.get("POINT:UNITS")
            return cls(
                path=path,
                names=[*labels, *("" for _ in range(reader.point_used - len(labels)))][: reader.point_used],
                frames=max(int(reader.frame_count), 0),
                fps=float(reader.point_rate),
                unit=_text(unit.bytes) if unit is not None else "mm",
                up="y" if screen is not None and _text(screen.bytes).casefold().endswith("y") else "z",
            )

    def read(self) -> np.ndarray:
        with _reader(self.path) as reader:
            size = self.path.stat().st_size
            if len(self.names) and self.frames * len(self.names) * 8 > size:  # four numbers of two bytes and more
                raise DataError(f"'{self.path}' has {size} bytes, too few for {self.frames} frames")
            points = [points for _, points, _ in reader.read_frames(analog_transform=False)] if len(self.names) else []
        if len(points) != self.frames:
            raise DataError(f"'{self.path}' must have {self.frames} frames by its header, found {len(points)}")
        values = np.array(points, np.float64).reshape(len(points), len(self.names), 5)
        return np.where(values[..., 3:4] < 0, np.nan, values[..., :3])  # a negative residual: not seen


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    try:
        import c3d
    except ImportError as error:
        raise ConfigError("C3D files need the package c3d: pip install 'skgraph[c3d]'") from error
    if path.exists() and not path.is_dir():
        check_file(path)
    try:
        with path.open("rb") as file, warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of files without analog signals
            yield c3d.Reader(file)
    except (DataError, ConfigError):
        raise
    except Exception as error:  # a damaged file makes the package raise almost anything
        raise DataError(f"'{path}' is not a complete C3D file: {first_line(error)}") from error


def _labels(parameter: Any) -> list[str]:
    """Return the labels of a parameter of texts of one length."""
    if parameter is None or len(parameter.dimensions) != 2 or len(parameter.bytes) > _LARGEST_LABELS:
        return []
    width = int(parameter.dimensions[0])
    return [_text(parameter.bytes[i : i + width]) for i in range(0, len(parameter.bytes), width)] if width else []


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip("\0 ")
