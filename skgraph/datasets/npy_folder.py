"""Reads a folder of `.npy` clips with a CSV file of their labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.splits import given_split
from skgraph.datasets.units import store_unit
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_COLUMNS = ("name", "label", "subject", "camera", "setup", "split")


def read_npy_folder(
    source: str | Path,
    topology: str | Topology,
    labels: str | Path | None = None,
    unit: str | None = None,
    fps: float = 30.0,
) -> RawDataset:
    """Open a folder of clips, one file each, and check its CSV; the clips are read when they are asked for.

    A clip is `NAME.npy`, `[M, T, V, C]` or, of one body, `[T, V, C]`, integer or float. The CSV has a line a clip:
    `name` and `label` (class names, or integers, which then name the classes), optional `subject`, `camera`, `setup`
    (integers or text) and `split` (`train` or `test`). Classes are in sorted order, integers by value.

    Args:
        source: the folder.
        topology: a topology, its name, or the path of its file.
        labels: the CSV; by default `labels.csv` in the folder.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default `m` in 3D, and in 2D it must be given.
        fps: frames a second.

    Raises:
        DataError: files and CSV do not match, a file is broken or pickled, or a clip does not fit the topology.
    """
    folder = Path(source).expanduser()
    topology = topology if isinstance(topology, Topology) else Topology.load(topology)
    if unit is None and topology.dim == 2:
        raise ConfigError(f"clips of the 2D topology '{topology.name}' need a unit: unit=px or unit=normalised")
    unit = unit or "m"
    scale, units = store_unit(unit, topology)
    if not folder.is_dir():
        raise DataError(f"no folder at '{folder}': expected .npy clips and a CSV of their labels")
    table = Path(labels).expanduser() if labels is not None else folder / "labels.csv"
    columns, unused = _read_table(table)
    names = columns["name"]
    _check_files(folder, table, names)
    class_names, y = _classes(columns["label"])
    notes = [f"columns of '{table.name}' that are not used: {', '.join(unused)}"] if unused else []

    def clips() -> Iterator[RawClip]:
        for name in names:
            clip = read_clip(folder / f"{name}.npy", topology)
            yield RawClip(np.multiply(clip, scale, dtype=np.float64).astype(np.float32))

    return RawDataset(
        topology=topology,
        class_names=class_names,
        name=names,
        y=y,
        clips=clips,
        units=units,
        unit=unit,
        fps=float(fps),
        source=folder.resolve().name,
        splits=[given_split(columns["split"], names)] if "split" in columns else [],
        notes=notes,
        **{key: _ids(columns[key]) for key in ("subject", "camera", "setup") if key in columns},
    )


def _read_table(path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The known columns of a CSV, text by line, and the names of the others."""
    if not path.is_file():
        raise DataError(f"no CSV of labels at '{path}': expected the columns name and label, or say labels=FILE.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True, strict=True)
            header = list(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"'{path}' is not a CSV file in UTF-8: {error}") from error
    if missing := [column for column in ("name", "label") if column not in header]:
        raise DataError(f"'{path}' lacks the columns {', '.join(missing)}; it has {', '.join(header) or 'none'}")
    columns: dict[str, list[str]] = {column: [] for column in _COLUMNS if column in header}
    for line, row in enumerate(rows, start=2):
        for column, values in columns.items():
            value = (row[column] or "").strip()
            if not value and column in ("name", "label"):
                raise DataError(f"'{path}', line {line}: the {column} is missing")
            values.append(value.removesuffix(".npy") if column == "name" else value)
    return columns, [column for column in header if column not in _COLUMNS]


def _check_files(folder: Path, table: Path, names: list[str]) -> None:
    files = {path.stem for path in folder.glob("*.npy")}
    for these, others, what in (
        (set(names), files, f"clips of '{table}' have no .npy file in '{folder}'"),
        (files, set(names), f".npy files of '{folder}' have no line in '{table}'"),
    ):
        if lost := sorted(these - others):
            more = ", ..." if len(lost) > 3 else ""
            raise DataError(f"{len(lost)} {what}: {', '.join(lost[:3])}{more}")


def _classes(labels: list[str]) -> tuple[list[str], np.ndarray]:
    numbers = _integers(labels)
    class_names = sorted(set(labels)) if numbers is None else [str(number) for number in sorted(set(numbers))]
    index = {name: label for label, name in enumerate(class_names)}
    return class_names, np.array([index[str(label)] for label in numbers or labels], np.int64)


def _ids(values: list[str]) -> np.ndarray:
    numbers = _integers([value or "-1" for value in values])
    return np.array(values if numbers is None else numbers)


def _integers(values: list[str]) -> list[int] | None:
    try:
        return [int(value) for value in values]
    except ValueError:
        return None


def read_clip(path: Path, topology: Topology) -> np.ndarray:
    """One clip `[M, T, V, C]`, in the file's unit.

    Raises:
        DataError: it is broken, pickled, or does not fit the topology.
    """
    try:
        clip = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError, MemoryError) as error:
        raise DataError(f"'{path}' is not a complete .npy array of numbers: {error}") from error
    if not isinstance(clip, np.ndarray):
        raise DataError(f"'{path}' is an archive of arrays, expected one .npy array")
    if clip.dtype.kind not in "iuf":
        raise DataError(f"'{path}' must hold integers or floats, found {clip.dtype}")
    clip = clip[None] if clip.ndim == 3 else clip
    if clip.ndim != 4 or clip.shape[2:] != (topology.num_joints, topology.dim):
        raise DataError(
            f"'{path}' must be [bodies, frames, {topology.num_joints}, {topology.dim}], or without bodies, for "
            f"topology '{topology.name}', found {list(clip.shape)}"
        )
    if clip.shape[0] > max(10, clip.shape[1]):
        raise DataError(
            f"'{path}' has {clip.shape[0]} bodies in {clip.shape[1]} frames: expected [bodies, frames, joints, "
            "coordinates]; swap the first two axes"
        )
    return clip
