"""Recordings to embed, recognise or inspect, opened as a store; they need no labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.files import check_file, folder_files
from skgraph.datasets.preparation.units import store_unit
from skgraph.datasets.preparation.write_store import write_clips
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset
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
    """Open a store, or make one of a ragged ``.npz``, an ``.npy`` clip or a folder of such clips.

    Args:
        source: the store, file or folder; labels and splits are not needed, and ignored unless ``labelled``.
        topology: of a file's or folder's clips; a store has its own.
        unit: of a file's or folder's coordinates; see :func:`~skgraph.datasets.read_npz`. ``None``: what an ``.npz``
            states, and metres in an ``.npy``.
        scratch: folder that does not exist, where a store may be made.
        check_height: fail where bodies are not the size of people, which shows a wrong unit.
        labelled: keep the labels, segments, ids and splits of an ``.npz``, or of a folder with a CSV of labels.
        fps: frames a second of ``.npy`` clips, which do not state it; 30 if not given.

    Raises:
        ConfigError: ``fps`` is not positive, or is given for a store or an ``.npz``, which state it themselves.
        DataError: nothing of these kinds is there, or it is damaged or does not fit the topology.
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
                raise DataError(f"the recording '{name}' of '{source}' is zero throughout: nobody is in it")
            yield clip

    # Not `write_store`: a single recording has no split.
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
    expected = "expected a store, a .npz, a .npy or a folder of .npy clips"
    if not source.exists():
        return DataError(f"no recordings at '{source}': {expected}")
    if source.is_dir():
        kinds = sorted({path.suffix or "plain" for path in source.glob("*") if path.is_file()})
        found = f"a folder of {first_three(kinds)} files" if kinds else "a folder without files"
    else:
        kinds = [source.suffix or "plain"]
        found = f"a {kinds[0]} file"
    dataset = "bvh" if ".bvh" in kinds else "NAME"
    return DataError(
        f"no recordings at '{source}': {expected}, found {found}; `python -m skgraph.prepare dataset={dataset} "
        "source=... out=STORE` makes a store of many other forms, which can be given instead"
    )
