"""Reader of a folder of `.npy` clips with a CSV of their labels."""

from __future__ import annotations

from pathlib import Path

from skgraph.datasets.formats.npy_file import MOST_NUMBERS, open_npy
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.reader import check_clip_shape, check_numbers, open_topology, read_clip_folder, to_float32
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
    """Open a folder of clips, one file each, and check its labels; clips are read lazily.

    A clip is `NAME.npy`, `[M, T, V, C]` or, of one body, `[T, V, C]`, integer or float; labels are those of
    `read_label_table`.

    Args:
        source: the folder, or the file of one clip.
        topology: a topology, its name, or the path of its file.
        labels: the CSV or the pattern of names; by default `labels.csv` in the folder.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default `m` in 3D, and in 2D it must be given.
        fps: frames a second.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        DataError: files and CSV do not match, a file is broken or pickled, or a clip does not fit the topology.
    """
    topology = open_topology(topology)
    unit = unit or default_unit(topology)
    scale = unit_factor(unit, topology)

    def read_clip(path: Path) -> RawClip:
        return read_npy_clip(path, topology, scale)

    return read_clip_folder(source, ".npy", read_clip, topology, unit, fps, labels, labelled)


def default_unit(topology: Topology) -> str:
    """Return the unit of files without a stated unit: metres in 3D.

    Raises:
        ConfigError: the topology is 2D, where no unit is usual.
    """
    if topology.dim == 2:
        raise ConfigError(f"clips of the 2D topology '{topology.name}' need a unit: unit=px or unit=normalised")
    return "m"


def read_npy_clip(path: Path, topology: Topology, scale: float = 1.0) -> RawClip:
    """Read one clip, its coordinates multiplied by `scale`.

    Raises:
        DataError: the file is broken, pickled, too large, or does not fit the topology.
    """
    clip = open_npy(path)
    check_numbers(clip.dtype, f"'{path}'")
    clip = clip[None] if clip.ndim == 3 else clip
    check_clip_shape(clip.shape, topology, f"'{path}'")
    if clip.size > MOST_NUMBERS:
        expected = f"a clip of at most {MOST_NUMBERS}: cut recordings into shorter ones"
        raise DataError(f"'{path}' has {clip.size} numbers, expected {expected}")
    return RawClip(to_float32(clip, scale))
