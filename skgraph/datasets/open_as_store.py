"""Open a store, or raw clips as a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.datasets import open_recordings
from skgraph.errors import BROKEN_ARCHIVE, ConfigError, DataError
from skgraph.topology import Topology


def open_as_store(source: str | Path, topology: str | None, unit: str | None, scratch: str | Path) -> SkeletonStore:
    """Open a store, or convert raw clips to one, with labels, subjects and splits where the files have them.

    The size of bodies is not checked.

    Args:
        source: a store, a ragged ``.npz``, an ``.npy`` clip, or a folder of such clips.
        topology: name or file of the topology of raw clips; None for a store.
        unit: unit of raw clips; see :func:`~skgraph.datasets.recordings.open_recordings`.
        scratch: folder for the converted store, which must not exist.

    Raises:
        DataError: the source is missing, damaged, of another format, or does not fit the topology.
        ConfigError: raw clips without a topology, or a store with one.
    """
    source = Path(source).expanduser()
    if not source.exists():
        raise DataError(f"nothing at '{source}': expected a store, a .npz, a .npy or a folder of .npy clips")
    if (source / "meta.yaml").exists():
        for key, value in (("topology", topology), ("unit", unit)):
            if value is not None:
                raise ConfigError(f"{key}={value} is for raw clips: the store '{source}' has its own")
        return SkeletonStore.open(source)
    if topology is None:
        shipped = ", ".join(Topology.available())
        raise ConfigError(f"'{source}' is no store: say topology=..., a file or one of {shipped}")
    labelled = (source / "labels.csv").is_file() if source.is_dir() else _has_labels(source)
    return open_recordings(source, Topology.load(topology), unit, scratch, check_height=False, labelled=labelled)


def _has_labels(source: Path) -> bool:
    """Return whether an archive names classes; the reader describes one that cannot be read."""
    if source.suffix != ".npz" or not source.is_file():  # reading a pipe may never end
        return False
    try:
        with np.load(source, allow_pickle=False) as archive:
            return {"y", "class_names"} <= set(archive.files)
    except (*BROKEN_ARCHIVE, AttributeError):
        return False
