"""Reads a folder of `.npy` clips with a CSV file of their labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.npy_file import MOST_NUMBERS, open_npy
from skgraph.datasets.label_table import LabelTable
from skgraph.datasets.preparation.units import store_unit
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


def read_npy(
    source: str | Path,
    topology: str | Topology,
    labels: str | Path | None = None,
    unit: str | None = None,
    fps: float = 30.0,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of clips, one file each, and check its CSV; the clips are read when they are asked for.

    A clip is `NAME.npy`, `[M, T, V, C]` or, of one body, `[T, V, C]`, integer or float; the CSV is that of
    `LabelTable.of_folder`.

    Args:
        source: the folder.
        topology: a topology, its name, or the path of its file.
        labels: the CSV; by default `labels.csv` in the folder.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default `m` in 3D, and in 2D it must be given.
        fps: frames a second.
        labelled: whether labels are needed; otherwise every clip of the folder is read, without the CSV.

    Raises:
        DataError: files and CSV do not match, a file is broken or pickled, or a clip does not fit the topology.
    """
    folder = Path(source).expanduser()
    topology = topology if isinstance(topology, Topology) else Topology.load(topology)
    if unit is None and topology.dim == 2:
        raise ConfigError(f"clips of the 2D topology '{topology.name}' need a unit: unit=px or unit=normalised")
    unit = unit or "m"
    scale, units = store_unit(unit, topology)
    table = LabelTable.of_folder(folder, ".npy", labels, labelled)

    def clips() -> Iterator[RawClip]:
        for name in table.name:
            clip = read_clip(folder / f"{name}.npy", topology)
            with np.errstate(over="ignore"):  # the store refuses what is not finite, and says where it is
                joints = np.multiply(clip, scale, dtype=np.float64).astype(np.float32)
            yield RawClip(joints)

    return RawDataset(
        topology=topology,
        clips=clips,
        units=units,
        unit=unit,
        fps=float(fps),
        source=folder.resolve().name,
        **table.columns,
    )


def read_clip(path: Path, topology: Topology) -> np.ndarray:
    """One clip `[M, T, V, C]`, in the file's unit, mapped.

    Raises:
        DataError: it is broken, pickled, too large, or does not fit the topology.
    """
    clip = open_npy(path)
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
    if clip.size > MOST_NUMBERS:
        raise DataError(
            f"'{path}' has {clip.size} numbers, expected a clip of at most {MOST_NUMBERS}: cut recordings into shorter "
            "ones"
        )
    return clip
