"""Writer of a raw dataset as a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from skgraph.data.store_writer import StoreWriter
from skgraph.datasets.preparation.drop_joints import without_joints
from skgraph.datasets.preparation.make_splits import make_splits
from skgraph.datasets.preparation.share import Share
from skgraph.datasets.preparation.topology_map import map_topology
from skgraph.datasets.preparation.units import METRES, body_height, check_heights
from skgraph.datasets.raw_dataset import ALL_CLIPS, ALL_ZERO, IDS, NO_FRAMES, RawDataset, Split
from skgraph.errors import DataError

_CHECK_HEIGHT_AFTER = 100  # clips, so that a wrong unit does not cost an hour


@dataclass(frozen=True)
class PreparedStore:
    """A new store and notes on it.

    Args:
        path: folder of the store.
        unit: unit of the raw files.
        excluded: reason -> names of the clips that were left out, as in the store's `excluded.csv`.
        notes: remarks for the user.
    """

    path: Path
    unit: str
    excluded: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write_store(
    raw: RawDataset,
    out: str | Path,
    split: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    check_height: bool = True,
    dtype: str = "float32",
    drop_joints: str | Sequence[str] | None = None,
    topology_map: str | Path | None = None,
    share: str | None = None,
) -> PreparedStore:
    """Write a dataset as a store, clip by clip; an error removes the partial store.

    Clips that the reader excludes and clips without any body are left out, with a reason of
    `skgraph.datasets.raw_dataset`.

    Args:
        raw: the dataset.
        out: folder of the store.
        split: options of `make_splits`.
        overwrite: replace an existing store.
        check_height: fail where bodies are not the size of people, which indicates a wrong unit.
        dtype: `float32`, or `float16`: half the size, and correct to a millimetre for coordinates up to 2 m.
        drop_joints: joints to leave out, see `without_joints`.
        topology_map: write joints of another topology, see `map_topology`.
        share: write one of several shares of the clips, such as `3/8`, divided as the whole dataset is;
            :func:`~skgraph.data.join_shares` joins all of them.

    Raises:
        ConfigError: `share` is no share of these clips.
        TopologyError: joints cannot be left out or mapped.
        DataError: a clip is not finite, the unit is implausible, or the split is impossible.
        StoreError: `out` exists, or cannot be written.
    """
    out = Path(out).expanduser()
    raw = without_joints(raw, drop_joints) if drop_joints else raw
    if topology_map is not None:
        raw = map_topology(raw, topology_map)
    splits = make_splits(raw, **(split or {}))
    mine = None if share is None else Share.parse(share)
    part = ALL_CLIPS if mine is None else mine.clips(len(raw))
    conversion = "" if raw.unit == raw.units else f"{raw.unit} to {raw.units}"
    writer = StoreWriter(
        out,
        raw.topology,
        raw.class_names,
        source=raw.source,
        units=raw.units,
        fps=raw.fps,
        overwrite=overwrite,
        preprocessing="; ".join(filter(None, [raw.preprocessing, conversion])) or "none",
        notes=raw.notes,
        dtype=dtype,
        share=None if mine is None else mine.describe(raw, splits, dtype),
    )
    with np.errstate(over="ignore", invalid="ignore"), writer:  # the writer reports what is not finite
        kept, excluded = write_clips(writer, raw, check_height, part)
        notes = [*raw.notes, *_write_splits(writer, raw, splits, kept, np.arange(len(raw)) if mine else kept)]
    if raw.finish is not None:
        remarks = raw.finish(kept)
        notes += [] if mine else remarks  # which are about all clips
    return PreparedStore(out, raw.unit, excluded, notes + _id_notes(raw))


def write_clips(
    writer: StoreWriter, raw: RawDataset, check_height: bool, part: slice = ALL_CLIPS
) -> tuple[np.ndarray, dict[str, list[str]]]:
    """Write a slice of the clips; return the numbers of those that were kept [n], and reason -> names of the others."""
    wanted = range(len(raw))[part]
    ids = {key: raw.ids(key) for key in IDS}
    heights: list[float] = []
    kept: list[int] = []
    excluded: dict[str, list[str]] = {}
    with tqdm(raw.clips(part), "preparing", len(wanted), unit="clip", leave=False, disable=None) as clips:
        for i, clip in zip(wanted, clips, strict=True):
            name, frame_mask = raw.name[i], clip.there
            if clip.excluded or not frame_mask.any():
                reason = clip.excluded or (ALL_ZERO if frame_mask.size else NO_FRAMES)
                writer.exclude(name, reason)
                group_excluded(excluded, name, reason)
                continue
            writer.add(
                clip.joints,
                y=int(raw.y[i]),
                name=name,
                frame_mask=frame_mask,
                confidence=clip.confidence,
                identity=clip.identity,
                segments=clip.segments if raw.segments is None or clip.segments is not None else raw.segments[i],
                **{key: int(values[i]) for key, values in ids.items()},
            )
            kept.append(i)
            if check_height and raw.unit in METRES:
                heights.append(body_height(clip.joints, frame_mask))
                if len(kept) == _CHECK_HEIGHT_AFTER:
                    check_heights(heights, raw.unit)
    if not kept:
        reasons = "; ".join(f"{len(names)} {reason}" for reason, names in excluded.items())
        raise DataError(f"none of the {len(wanted)} clips of '{raw.source}' can be used: {reasons}")
    if heights:
        check_heights(heights, raw.unit)
    return np.array(kept), excluded


def group_excluded(excluded: dict[str, list[str]], name: str, reason: str) -> None:
    """Add a clip to reason -> names, by the kind of its reason."""
    kind, _, detail = reason.partition(": ")
    excluded.setdefault(kind, []).append(f"{name} ({detail})" if detail else name)


def _write_splits(
    writer: StoreWriter, raw: RawDataset, splits: list[Split], kept: np.ndarray, judged: np.ndarray
) -> list[str]:
    """Write the splits that have training and test clips among the ``judged`` ones; return notes on the splits."""
    notes = [problem for split in splits if (problem := split.of(judged).problem())]
    if len(notes) == len(splits):
        raise DataError(notes[0])
    for split in splits:
        whole, own = split.of(judged), split.of(kept)
        if whole.problem():
            continue
        writer.add_split(split.name, np.flatnonzero(own.train), np.flatnonzero(own.tests), split.how)
        prefix = f"split '{split.name}': " if len(splits) > 1 else ""
        if whole.tests.any():
            notes += [prefix + note for note in _split_notes(raw, judged[whole.train], judged[whole.tests])]
    return notes


def _split_notes(raw: RawDataset, train: np.ndarray, test: np.ndarray) -> list[str]:
    """Return notes on classes that only train or only test, and on subjects that do both."""
    notes = []
    both = raw.labels(np.concatenate([train, test]))
    for side, clips in (("training", train), ("test", test)):
        if absent := sorted(both - raw.labels(clips)):
            names = ", ".join(f"'{raw.class_names[label]}'" for label in absent[:5])
            how_many = "1 class has" if len(absent) == 1 else f"{len(absent)} classes have"
            notes.append(f"{how_many} no {side} clip: {names}{', ...' if len(absent) > 5 else ''}")
    if raw.subject is not None and (shared := len(np.intersect1d(raw.subject[train], raw.subject[test]))):
        notes.append(f"{shared} subjects are in both the training and the test clips")
    return notes


def _id_notes(raw: RawDataset) -> list[str]:
    return [
        f"{key}s are text in the files and numbers in the store: 0 is '{min(values[values != ''])}'"
        for key in IDS
        if (values := getattr(raw, key)) is not None and values.dtype.kind == "U" and (values != "").any()
    ]
