"""Tools of readers: folders with one file per clip, and checks of topologies, shapes and coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.json_file import expect, expect_numbers
from skgraph.datasets.label_table import read_label_table
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology


def read_clip_folder(
    source: str | Path,
    suffix: str,
    read_clip: Callable[[Path], RawClip],
    topology: Topology,
    unit: str,
    fps: float,
    labels: str | Path | None = None,
    labelled: bool = True,
    preprocessing: str = "",
) -> RawDataset:
    """Open a folder with one file (or sub-folder) per clip and a CSV of labels.

    Args:
        source: the folder, or the file of one clip.
        suffix: ending of a clip's file, such as `.npy`; "" where every clip is a sub-folder.
        read_clip: reads the clip at a path, with joints `[M, T, V, C]` in the unit of the store.
        topology, unit, fps, preprocessing: see `RawDataset`.
        labels, labelled: see `read_label_table`.

    Raises:
        DataError: clips and CSV do not match.
    """
    source = Path(source).expanduser()
    columns = read_label_table(source, suffix, labels, labelled)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name in columns["name"][part]:
            yield read_clip(clip_path(source, name, suffix))

    return RawDataset(
        topology=topology,
        clips=clips,
        unit=unit,
        fps=fps,
        source=source.resolve().name,
        preprocessing=preprocessing,
        **columns,
    )


def clip_path(source: Path, name: str, suffix: str) -> Path:
    """Return the file of a clip in a folder, or the source itself if it is a file."""
    return source if source.is_file() else source / f"{name}{suffix}"


def open_topology(topology: str | Topology, dim: int | None = None, what: str = "") -> Topology:
    """Return a topology, given itself, its name or the path of its file.

    Args:
        topology: topology of the clips.
        dim: number of coordinates that the topology must have, if only one is possible.
        what: name of the clips, for the error.

    Raises:
        ConfigError: the topology has another number of coordinates.
    """
    topology = topology if isinstance(topology, Topology) else Topology.load(topology)
    if dim is not None and topology.dim != dim:
        raise ConfigError(f"{what} are {dim}D, topology '{topology.name}' is {topology.dim}D")
    return topology


def check_numbers(dtype: np.dtype, where: str) -> None:
    """Raise a DataError unless an array holds integers or floats."""
    if dtype.kind not in "iuf":
        raise DataError(f"{where} must hold integers or floats, found {dtype}")


def check_joints(shape: Sequence[int], topology: Topology, where: str) -> None:
    """Raise a DataError unless an array `[..., V, C]` has the joints and coordinates of a topology."""
    if tuple(shape[-2:]) != (topology.num_joints, topology.dim):
        expected = f"topology '{topology.name}' has {topology.num_joints} in {topology.dim}D"
        raise DataError(f"{where} has {shape[-2]} joints in {shape[-1]}D, {expected}")


def check_clip_shape(shape: Sequence[int], topology: Topology, where: str) -> None:
    """Raise a DataError unless an array has the shape `[M, T, V, C]` of a clip of a topology."""
    expected = "[bodies, frames, joints, coordinates]"
    if len(shape) != 4:
        raise DataError(f"{where} must be {expected}, found {list(shape)}")
    check_joints(shape, topology, where)
    if shape[0] > max(10, shape[1]):
        raise DataError(f"{where} has {shape[0]} bodies in {shape[1]} frames: expected {expected}")


def expect_joints(values: Any, topology: Topology, where: str) -> np.ndarray:
    """Return a JSON list of joints, each a list of numbers or nulls, as float64 `[V, C]`, NaN for null.

    Raises:
        DataError: there are other than the topology's joints or coordinates, or a value is no number.
    """
    if len(expect(values, list, where)) != topology.num_joints:
        expected = f"the {topology.num_joints} joints of topology '{topology.name}'"
        raise DataError(f"{where} must be {expected}, found {len(values)}")
    for v, joint in enumerate(values):
        if type(joint) is not list or len(joint) != topology.dim:
            expect_numbers(joint, topology.dim, f"{where}, joint {v}")
    flat = [number for joint in values for number in joint]
    return expect_numbers(flat, len(flat), where).reshape(-1, topology.dim)


def to_float32(joints: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Scale coordinates in double precision and round them to the precision of a store.

    Numbers that are too large become infinite without a warning; `write_store` refuses them and names the joint.
    """
    with np.errstate(over="ignore"):
        return np.multiply(joints, scale, dtype=np.float64).astype(np.float32)


def z_up_to_y_up(joints: np.ndarray) -> np.ndarray:
    """Rotate coordinates `[..., 3]` by 90 degrees about x: (x, y, z) becomes (x, z, -y)."""
    return np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)
