"""Recordings, labelled or not, opened as a store to embed, recognise or inspect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.files import check_file, folder_files
from skgraph.datasets.preparation.units import store_unit
from skgraph.datasets.preparation.write_store import write_clips
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.npy import default_unit, read_npy, read_npy_clip
from skgraph.datasets.readers.npz import read_npz
from skgraph.errors import ConfigError, DataError, first_three
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
        labelled: keep the labels, segments, ids and splits of an ``.npz``, or of a folder with a CSV of labels;
            otherwise they are ignored and may be absent.
        fps: frames a second of ``.npy`` clips; by default 30.

    Raises:
        ConfigError: ``fps`` is not positive, or is given for a store or an ``.npz``, which have their own.
        DataError: the source is of another kind, damaged or does not fit the topology.
    """
    source = Path(source).expanduser()
    if fps is not None and not 0 < fps < 1e6:
        raise ConfigError(f"fps must be positive, found {fps}")
    if fps is not None and ((source / "meta.yaml").exists() or source.suffix == ".npz"):
        raise ConfigError(f"fps={fps} is for .npy clips: '{source}' has its own")
    if (source / "meta.yaml").exists():
        return SkeletonStore.open(source)
    if source.suffix == ".npz":
        raw = read_npz(source, topology, unit, labelled=labelled)
    elif labelled and source.is_dir():
        raw = read_npy(source, topology, unit=unit)
    else:
        raw = _unlabelled_npy(source, topology, unit or default_unit(topology))
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


def _unlabelled_npy(source: Path, topology: Topology, unit: str) -> RawDataset:
    """Open one `.npy` clip, or those of a folder."""
    files = folder_files(source, ".npy") if source.is_dir() else [source]
    if not files or not source.exists() or files[0].suffix != ".npy":
        raise _no_recordings(source)
    check_file(files[0])
    scale, _ = store_unit(unit, topology)
    return RawDataset(
        topology=topology,
        class_names=["unlabelled"],
        name=[file.stem for file in files],
        y=np.zeros(len(files), np.int64),
        clips=lambda: (read_npy_clip(file, topology, scale) for file in files),
        unit=unit,
        fps=30.0,
        source=source.resolve().name,
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
