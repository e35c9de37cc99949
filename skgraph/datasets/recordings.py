"""Recordings without labels, of any kind that is understood, as a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.files import check_file
from skgraph.datasets.preparation.units import METRES, HeightCheck, store_unit
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.readers.npy import read_clip, read_npy
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
        source: the store, file or folder; labels and splits are not needed, and those of a file do not count.
        topology: of a file's or folder's clips; a store has its own.
        unit: of a file's or folder's coordinates; see :func:`~skgraph.datasets.readers.npz.read_npz`. ``None``:
            what an ``.npz`` says, and metres in an ``.npy``.
        scratch: folder that does not exist, where a store may be made.
        check_height: fail where bodies have not the size of people, which shows a wrong unit.
        labelled: keep the labels, segments and ids of subjects, cameras and setups of an ``.npz``, and of a folder with
            a CSV of labels, and the splits that they come with.
        fps: frames a second of ``.npy`` clips, which do not say; 30 if not given.

    Raises:
        ConfigError: ``fps`` is not positive, or is given for a store or an ``.npz``, which say it themselves.
        DataError: nothing that is understood lies there, or it is damaged or does not fit the topology.
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
    elif source.suffix == ".npy" or source.is_dir():
        raw = _read_npy(source, topology, unit)
    else:
        raise _no_recordings(source)
    if fps is not None:
        raw = replace(raw, fps=float(fps))
    height = HeightCheck(raw.unit) if check_height and raw.unit in METRES else None
    with StoreWriter(scratch, topology, raw.class_names, source=raw.source, units=raw.units, fps=raw.fps) as writer:
        ids = {key: raw.ids(key) if labelled else np.full(len(raw), -1) for key in ("subject", "camera", "setup")}
        for i, (name, clip) in enumerate(zip(raw.name, raw.clips(), strict=True)):
            joints, frame_mask = clip.joints, clip.there
            if not frame_mask.any():
                raise DataError(f"the recording '{name}' of '{source}' is zero throughout: nobody is in it")
            writer.add(
                joints,
                y=int(raw.y[i]) if labelled else 0,
                name=name,
                frame_mask=frame_mask,
                confidence=clip.confidence,
                segments=raw.segments[i] if labelled and raw.segments else None,
                **{key: int(values[i]) for key, values in ids.items()},
            )
            if height is not None:
                height.add(joints, frame_mask)
        if height is not None:
            height.check()
        for split in raw.splits if labelled else ():
            if not split.problem():
                writer.add_split(split.name, np.flatnonzero(split.train), np.flatnonzero(split.tests), split.how)
    return SkeletonStore.open(scratch)


def _read_npy(source: Path, topology: Topology, unit: str | None) -> RawDataset:
    files = sorted(source.glob("*.npy")) if source.is_dir() else [source]
    if not files or not source.exists():
        raise _no_recordings(source)
    for file in files:
        check_file(file)
    if unit is None and topology.dim == 2:
        raise ConfigError(f"clips of the 2D topology '{topology.name}' need a unit: unit=px or unit=normalised")
    scale, units = store_unit(unit or "m", topology)

    def clips() -> Iterator[RawClip]:
        for file in files:
            with np.errstate(over="ignore"):  # the store refuses what is not finite, and says where it is
                joints = np.multiply(read_clip(file, topology), scale, dtype=np.float64).astype(np.float32)
            yield RawClip(joints)

    return RawDataset(
        topology,
        ["unlabelled"],
        [file.stem for file in files],
        np.zeros(len(files), np.int64),
        clips,
        units,
        unit or "m",
        30.0,
        source.resolve().name,
    )


def _no_recordings(source: Path) -> DataError:
    """The error of a place where nothing is that can be opened."""
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
