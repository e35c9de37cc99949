"""Recordings, labelled or not, opened as a store to embed, recognise or inspect."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.files import folder_files
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.preparation.write_store import write_clips
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.npy import default_unit, read_npy, read_npy_clip
from skgraph.datasets.readers.npz import read_npz
from skgraph.errors import BROKEN_ARCHIVE, ConfigError, DataError, first_three
from skgraph.topology import Topology


def open_recordings(
    source: str | Path,
    topology: Topology,
    unit: str | None,
    scratch: str | Path,
    check_height: bool = True,
    labelled: bool = False,
    fps: float | None = None,
) -> SkeletonStore:
    """Open a store, or write one from a ragged ``.npz``, an ``.npy`` clip or a folder of such clips.

    Args:
        source: the store, file or folder.
        topology: topology of the clips of a file or folder; ignored for a store.
        unit: unit of the coordinates of a file or folder; see :func:`~skgraph.datasets.read_npz`; by default that of
            the ``.npz``, and metres for ``.npy``.
        scratch: a new folder for the store.
        check_height: fail if bodies do not have the size of people, the sign of a wrong unit.
        labelled: keep labels, segments, ids and splits where an ``.npz``, or a folder with ``labels.csv``, has them.
        fps: frames a second of ``.npy`` clips; by default 30.

    Raises:
        ConfigError: ``fps`` is not positive, or is given for a store or an ``.npz``, which have their own.
        DataError: the source is of another kind, damaged or does not fit the topology.
    """
    source = Path(source).expanduser()
    is_store, is_npz = (source / "meta.yaml").exists(), source.suffix == ".npz"
    if fps is not None and not 0 < fps < 1e6:
        raise ConfigError(f"fps must be positive, found {fps}")
    if fps is not None and (is_store or is_npz):
        raise ConfigError(f"fps={fps} is for .npy clips: '{source}' has its own")
    if is_store:
        return SkeletonStore.open(source)
    labelled = labelled and (_has_labels(source) if is_npz else (source / "labels.csv").is_file())
    if is_npz:
        raw = read_npz(source, topology, unit, labelled=labelled)
    elif source.is_dir() and (labelled or folder_files(source, ".npy")):
        raw = read_npy(source, topology, unit=unit, labelled=labelled)
    elif source.suffix == ".npy" and source.exists():
        raw = _one_clip(source, topology, unit or default_unit(topology))
    else:
        raise _no_recordings(source)
    if fps is not None:
        raw = replace(raw, fps=float(fps))
    if not labelled:
        raw = replace(raw, subject=None, camera=None, setup=None, splits=())

    def clips() -> Iterator[RawClip]:
        for name, clip in zip(raw.name, raw.clips(), strict=True):
            if not clip.there.any():
                raise DataError(f"the recording '{name}' of '{source}' is zero throughout: there is no body in it")
            yield clip

    # Unlike `write_store`, this allows a single recording without a split.
    with StoreWriter(scratch, topology, raw.class_names, source=raw.source, units=raw.units, fps=raw.fps) as writer:
        write_clips(writer, replace(raw, clips=clips), check_height)
        for split in raw.splits:
            if not split.problem():
                writer.add_split(split.name, np.flatnonzero(split.train), np.flatnonzero(split.tests), split.how)
    return SkeletonStore.open(scratch)


def open_as_store(source: str | Path, topology: str | None, unit: str | None, scratch: str | Path) -> SkeletonStore:
    """Open a store, or convert recordings to one, with their labels; the size of bodies is not checked.

    Args:
        source: see `open_recordings`.
        topology: name or file of the topology of recordings; None for a store.
        unit: unit of recordings.
        scratch: a new folder for the converted store.

    Raises:
        ConfigError: recordings without a topology, or a store with one.
        DataError: see `open_recordings`.
    """
    source = Path(source).expanduser()
    if (source / "meta.yaml").exists():
        for key, value in (("topology", topology), ("unit", unit)):
            if value is not None:
                raise ConfigError(f"{key}={value} is for raw clips: the store '{source}' has its own")
        return SkeletonStore.open(source)
    if not source.exists():
        raise _no_recordings(source)
    if topology is None:
        shipped = ", ".join(Topology.available())
        raise ConfigError(f"'{source}' is no store: say topology=..., a file or one of {shipped}")
    return open_recordings(source, Topology.load(topology), unit, scratch, check_height=False, labelled=True)


def _has_labels(npz: Path) -> bool:
    """Return whether an archive names classes; the reader describes one that cannot be read."""
    if not npz.is_file():  # reading a pipe may never end
        return False
    try:
        with zipfile.ZipFile(npz) as archive:
            return {"y.npy", "class_names.npy"} <= set(archive.namelist())
    except BROKEN_ARCHIVE:
        return False


def _one_clip(path: Path, topology: Topology, unit: str) -> RawDataset:
    scale = unit_factor(unit, topology)
    return RawDataset(
        topology=topology,
        class_names=["unlabelled"],
        name=[path.stem],
        y=np.zeros(1, np.int64),
        clips=lambda: iter([read_npy_clip(path, topology, scale)]),
        unit=unit,
        fps=30.0,
        source=path.resolve().name,
    )


def _no_recordings(source: Path) -> DataError:
    problem = f"no recordings at '{source}': expected a store, a .npz, a .npy or a folder of .npy clips"
    if not source.exists():
        return DataError(problem)
    files = [path for path in source.glob("*") if path.is_file()] if source.is_dir() else [source]
    kinds = sorted({path.suffix or "plain" for path in files})
    found = f"a folder of {first_three(kinds)} files" if kinds else "a folder without files"
    found = found if source.is_dir() else f"a {kinds[0]} file"
    command = f"python -m skgraph.prepare dataset={'bvh' if '.bvh' in kinds else 'NAME'} source=... out=STORE"
    return DataError(f"{problem}, found {found}; `{command}` makes a store of many other formats")
