"""Reader of a store, to write another one with other splits, joints or precision."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.data.store import SkeletonStore
from skgraph.datasets.formats.npy_file import MOST_NUMBERS
from skgraph.datasets.preparation.units import METRES
from skgraph.datasets.raw_dataset import ALL_CLIPS, IDS, RawClip, RawDataset, Split
from skgraph.errors import DataError


def read_store(source: str | Path) -> RawDataset:
    """Open a store; its clips are read lazily.

    Names, labels, splits, segments, ids, confidence, notes and the description of the preprocessing are kept. Lengths
    become metres.

    Args:
        source: the folder of the store.

    Raises:
        StoreError: the store is missing, incomplete, truncated or of another format version.
    """
    store = SkeletonStore.open(Path(source).expanduser())
    meta = store.meta
    units = str(meta.get("units", "m"))
    done = meta.get("preprocessing", "none")

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for i in range(store.num_clips)[part]:
            yield _clip(store, i, METRES.get(units, 1.0))

    return RawDataset(
        topology=store.topology,
        class_names=store.class_names,
        name=store.name.tolist(),
        y=store.y.numpy(),
        clips=clips,
        unit=units,
        fps=float(meta.get("fps", 30.0)),
        source=str(meta.get("source") or store.path.resolve().name),
        splits=[_split(store, s) for s in store.splits()],
        preprocessing="" if done == "none" else done,
        notes=_notes(store),
        segments=[store.segments(i).numpy() for i in range(store.num_clips)] if store.has_segments else None,
        **{key: ids.numpy() for key in IDS if ((ids := getattr(store, key)) >= 0).any()},
    )


def _clip(store: SkeletonStore, i: int, scale: float) -> RawClip:
    first, last = store.body_ptr[i : i + 2].tolist()
    frames, present, confidence = store.read_tracks(first, last)
    shape = (last - first, int(store.length[i]))
    if math.prod(shape) * store.topology.num_joints * store.topology.dim > MOST_NUMBERS:
        found = f"clip '{store.name[i]}' of '{store.path}' has {shape[0]} bodies in {shape[1]} frames"
        raise DataError(f"{found}, expected a clip of at most {MOST_NUMBERS} numbers")
    joints = np.zeros((*shape, *frames.shape[1:]), np.float32)
    frame_mask = np.zeros(shape, bool)
    sure = None if confidence is None else np.zeros((*shape, frames.shape[1]))
    row = 0
    for body, track in enumerate(range(first, last)):
        start, length = int(store.track_first[track]), int(store.track_length[track])
        there, rows = slice(start, start + length), slice(row, row + length)
        joints[body, there], frame_mask[body, there] = frames[rows] * np.float32(scale), present[rows]
        if sure is not None and confidence is not None:
            sure[body, there] = confidence[rows] / 255
        row += length
    return RawClip(joints, frame_mask, sure, identity=store.identity[first:last].numpy())


def _split(store: SkeletonStore, name: str) -> Split:
    train, test = (np.isin(np.arange(store.num_clips), store.split(name, key).numpy()) for key in ("train", "test"))
    return Split(name, train, str(store.meta["splits"].get(name) or ""), test)


def _notes(store: SkeletonStore) -> list[str]:
    """Return the notes of the store, with one on the clips that were left out of it."""
    noted = store.meta.get("notes") or []
    notes = [str(note) for note in noted] if isinstance(noted, list) else [str(noted)]
    if count := len(store.excluded):
        notes.append(f"{count} clips were left out before: excluded.csv of '{store.path.resolve().name}' lists them")
    return notes
