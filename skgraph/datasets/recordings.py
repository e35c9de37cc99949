"""Recordings in files, labelled or not, opened as a store to view, inspect, embed or recognise."""

from __future__ import annotations

import re
import string
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from skgraph._internal.data_dir import data_dir
from skgraph._internal.options import check_kinds, import_target
from skgraph._internal.text import few
from skgraph.data import SkeletonStore, StoreWriter
from skgraph.datasets.files import find_files
from skgraph.datasets.formats.ntu.published import RELEASES
from skgraph.datasets.preparation.units import body_height, fitting_unit
from skgraph.datasets.preparation.write_store import write_clips
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.recognise import recognise
from skgraph.errors import BROKEN_ARCHIVE, ConfigError
from skgraph.topology import Topology

_NO_FILES = ("shares", "store", "synthetic")  # datasets of skgraph.prepare


def open_recordings(
    source: str | Path | SkeletonStore,
    scratch: str | Path,
    *,
    dataset: str | None = None,
    topology: str | Topology | None = None,
    unit: str | None = None,
    fps: float | None = None,
    read: Mapping[str, Any] | None = None,
    default_topology: Topology | None = None,
    check_height: bool = False,
    labelled: bool = False,
) -> SkeletonStore:
    """Open a store, or write one from any file or folder that ``skgraph.prepare`` reads.

    A written store has no splits but those that its files give.

    Args:
        source: the store, its folder, or a file or folder of recordings; one recording is enough.
        scratch: a new folder for the store.
        dataset: format of the files, a dataset of ``skgraph.prepare``; by default that of
            :func:`~skgraph.datasets.recognise.recognise`.
        topology: topology of the recordings; by default that of the format.
        unit: unit of the coordinates; by default that of the format or the file. Where neither has one, the unit that
            gives bodies the size of people.
        fps: frames a second; by default those of the format or the file.
        read: further options of the dataset in ``skgraph.prepare``, such as ``{"world": False}``.
        default_topology: topology of formats that have none.
        check_height: fail if bodies do not have the size of people, the sign of a wrong unit.
        labelled: keep labels, segments, ids and splits if there are labels: in an ``.npz``, a folder with
            ``labels.csv``, the names of NTU RGB+D files, or by ``labels`` in ``read``.

    Returns:
        the store; ``meta["source"]`` says how the files were read.

    Raises:
        ConfigError: options that the format does not have, or that belong to a store itself.
        DataError: files of an unknown format, damaged, or without any body.
    """
    check_kinds(open_recordings, {"source": source, "read": read})
    given = {"topology": topology, "unit": unit, "fps": fps, **(read or {})}
    given = {key: value for key, value in given.items() if value is not None}
    if isinstance(source, SkeletonStore):
        path, dataset = source.path, "store"
    else:
        path = Path(source).expanduser()
        dataset = recognise(path) if dataset is None else dataset
    if dataset == "store":
        if given:
            key, value = next(iter(given.items()))
            raise ConfigError(f"{key}={value} is for recordings in files: the store '{path}' has its own")
        return source if isinstance(source, SkeletonStore) else SkeletonStore.open(path)
    labelled = labelled and (_has_labels(path, dataset) or "labels" in given)
    raw = _read(path, dataset, given, default_topology, labelled, f"{scratch}")
    if not labelled:
        raw = replace(raw, subject=None, camera=None, setup=None, splits=())

    about = f"{raw.source}, read as dataset={dataset}" + (f" in {raw.unit}" if raw.unit != "m" else "")
    # Unlike `write_store`, this makes no split: there may be a single recording.
    with StoreWriter(
        scratch,
        raw.topology,
        raw.class_names,
        source=about,
        units=raw.units,
        fps=raw.fps,
        preprocessing=raw.preprocessing or "none",
    ) as writer:
        write_clips(writer, raw, check_height)
        for split in raw.splits:
            if not split.problem():
                writer.add_split(split.name, np.flatnonzero(split.train), np.flatnonzero(split.tests), split.how)
    return SkeletonStore.open(scratch)


def recordings_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of :func:`open_recordings` in the configuration of a command.

    Raises:
        ConfigError: an option is of another kind.
    """
    options = {key: config[key] for key in ("topology", "unit", "fps", "check_height") if key in config}
    check_kinds(open_recordings, {"read": config["read"]})
    read = dict(config["read"] or {})
    options |= {"dataset": read.pop("dataset", None), "read": read}
    for key in ("dataset", "topology", "unit"):
        options[key] = None if options[key] is None else str(options[key])  # a file may be called 2024
    check_kinds(open_recordings, options)
    return options


def recordings_note(store: SkeletonStore) -> str:
    """Say how the recordings of a store were read, and which were left out."""
    lost = [f"{name} ({reason})" for name, reason in store.excluded.items()]
    return f"source: {store.meta['source']}" + (f"; {len(lost)} left out: {few(lost)}" if lost else "")


def _read(
    source: Path,
    dataset: str,
    given: dict[str, Any],
    default_topology: Topology | None,
    labelled: bool,
    scratch: str,
) -> RawDataset:
    """Call the reader of a dataset with the options of its configuration for ``skgraph.prepare``."""
    folder = data_dir("configs") / "prepare" / "dataset"
    names = sorted(path.stem for path in folder.glob("*.yaml") if path.stem not in _NO_FILES)
    if dataset not in names:
        raise ConfigError(f"dataset must be one of {', '.join(names)}, found '{dataset}'")
    config = yaml.safe_load((folder / f"{dataset}.yaml").read_text(encoding="utf-8"))
    options = sorted(set(config) - {"defaults", "read", "source"})
    if unknown := [key for key in given if key not in options]:
        raise ConfigError(f"dataset={dataset} has no option {unknown[0]}: expected one of {', '.join(options)}")
    config |= {"source": source, "out": scratch} | ({"labelled": labelled} if "labelled" in options else {}) | given
    if config.get("topology") == "???":
        if default_topology is None:
            shipped = ", ".join(Topology.available())
            raise ConfigError(f"dataset={dataset} has no topology: say topology=..., a file or one of {shipped}")
        config["topology"] = default_topology
    if missing := [key for key in options if config[key] == "???" and key != "unit"]:
        raise ConfigError(f"dataset={dataset} needs an option: say read.{missing[0]}=...")
    reader = import_target(config["read"], "read")
    arguments = {key: _value(text, config) for key, text in config["read"].items() if key != "_target_"}
    check_kinds(reader, {key: arguments[key] for key in given if arguments[key] != "???"}, "read")
    if config.get("unit") == "???":
        arguments["unit"] = _unit(partial(reader, **arguments), source)
    return reader(**arguments)


def _value(text: Any, config: Mapping[str, Any]) -> Any:
    """Return the value of ``${key}``, or a text with such keys in it."""
    if not isinstance(text, str):
        return text
    key = re.fullmatch(r"\$\{(\w+)\}", text)
    return config[key[1]] if key else string.Template(text).substitute(config)


def _unit(read: Callable[..., RawDataset], source: Path) -> str:
    """Return the unit that gives the first body of files without a unit the size of a person."""
    first = next((clip for clip in read(unit="m").clips() if clip.there.any()), None)
    height = 0.0 if first is None else body_height(first.joints, first.there)
    unit = fitting_unit(height)
    if unit is None:
        raise ConfigError(
            f"'{source}' has no unit, and bodies of {height:.3g} fit none of m, cm, mm, cmu: say unit=..."
        )
    return unit


def _has_labels(source: Path, dataset: str) -> bool:
    """Return whether labels lie with the recordings; the reader describes an archive that cannot be read."""
    if dataset in ("ntu60", "ntu120"):  # in the names of files
        release = RELEASES[int(dataset.removeprefix("ntu"))]
        return any(release.holds(file.stem) for file in find_files(source, ".skeleton"))
    if source.is_dir():
        return (source / "labels.csv").is_file()
    if source.suffix != ".npz" or not source.is_file():  # reading a pipe may never end
        return False
    try:
        with zipfile.ZipFile(source) as archive:
            return {"y.npy", "class_names.npy"} <= set(archive.namelist())
    except BROKEN_ARCHIVE:
        return False
