"""From a raw dataset to a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from skgraph.data.store_writer import StoreWriter
from skgraph.datasets.exclusion import nobody_there, split_reason
from skgraph.datasets.preparation.make_splits import make_splits
from skgraph.datasets.preparation.topology_map import map_topology
from skgraph.datasets.preparation.units import METRES, HeightCheck
from skgraph.datasets.raw_dataset import RawDataset, Split
from skgraph.errors import DataError

_CHECK_HEIGHT_AFTER = 100  # clips: a wrong unit is found at once, not after an hour


@dataclass(frozen=True)
class PreparedStore:
    """A new store, and how it came about.

    Args:
        path: the store.
        unit: unit of the files that it was made from.
        excluded: reason -> names of the clips that were left out; the store's `excluded.csv` lists them too.
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
    topology_map: str | Path | None = None,
) -> PreparedStore:
    """Write a dataset as a store, clip by clip; on any error nothing is left behind.

    Clips that the reader excludes or in which no body ever appears are left out, each with a reason of
    `skgraph.datasets.exclusion`; the others are written as `raw` gives them.

    Args:
        raw: the dataset.
        out: folder of the store.
        split: options of `make_splits`.
        overwrite: replace an existing store.
        check_height: fail where bodies do not have the size of people, which indicates a wrong unit.
        dtype: `float32`, or `float16`: half the size, and correct to a millimetre for coordinates up to 2 m.
        topology_map: write the joints of another topology, see `map_topology`.

    Raises:
        TopologyError: joints that cannot be mapped.
        DataError: a clip that is not finite, an implausible unit, an impossible split.
        StoreError: `out` exists, or cannot be written.
    """
    out = Path(out).expanduser()
    if topology_map is not None:
        raw = map_topology(raw, topology_map)
    splits = make_splits(raw, **(split or {}))
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
    )
    # Coordinates that are not lengths have no height in metres.
    height = HeightCheck(raw.unit) if check_height and raw.unit in METRES else None
    # The writer refuses coordinates that are too large, and names their location.
    with np.errstate(over="ignore", invalid="ignore"), writer:
        kept, excluded = _write_clips(writer, raw, height)
        notes = [*raw.notes, *_write_splits(writer, raw, splits, kept)]
    if raw.done is not None:
        raw.done()
    if raw.review is not None:
        notes += raw.review(kept)
    return PreparedStore(out, raw.unit, excluded, notes + _id_notes(raw))


def _write_clips(
    writer: StoreWriter, raw: RawDataset, height: HeightCheck | None
) -> tuple[np.ndarray, dict[str, list[str]]]:
    """Write every clip that can be used; return the numbers of these [n], and the names of the others by reason."""
    ids = {key: raw.ids(key) for key in ("subject", "camera", "setup")}
    kept: list[int] = []
    excluded: dict[str, list[str]] = {}
    with tqdm(raw.clips(), "preparing", len(raw), unit="clip", leave=False, disable=None) as clips:
        for i, clip in enumerate(clips):
            name, frame_mask = raw.name[i], clip.there
            if reason := clip.excluded or nobody_there(frame_mask):
                writer.exclude(name, reason)
                kind, detail = split_reason(reason)
                excluded.setdefault(kind, []).append(f"{name} ({detail})" if detail else name)
                continue
            writer.add(
                clip.joints,
                y=int(raw.y[i]),
                name=name,
                frame_mask=frame_mask,
                confidence=clip.confidence,
                segments=clip.segments if raw.segments is None or clip.segments is not None else raw.segments[i],
                **{key: int(values[i]) for key, values in ids.items()},
            )
            kept.append(i)
            if height is not None:
                height.add(clip.joints, frame_mask)
                if len(kept) == _CHECK_HEIGHT_AFTER:
                    height.check()
    if not kept:
        reasons = "; ".join(f"{len(names)} {reason}" for reason, names in excluded.items())
        raise DataError(f"none of the {len(raw)} clips of '{raw.source}' can be used: {reasons}")
    if height is not None:
        height.check()
    return np.array(kept), excluded


def _write_splits(writer: StoreWriter, raw: RawDataset, splits: list[Split], kept: np.ndarray) -> list[str]:
    """Write the splits of the clips that were kept, and return notes on them.

    Of several splits, those without training or test clips among the kept ones are skipped.
    """
    splits = [split.of(kept) for split in splits]
    notes = [problem for split in splits if (problem := split.problem())]
    if len(notes) == len(splits):
        raise DataError(notes[0])
    for split in splits:
        if not split.problem():
            train, test = np.flatnonzero(split.train), np.flatnonzero(split.tests)
            writer.add_split(split.name, train, test, split.how)
            prefix = f"split '{split.name}': " if len(splits) > 1 else ""
            notes += [prefix + note for note in _split_notes(raw, kept[train], kept[test])]
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
    notes = []
    for key in ("subject", "camera", "setup"):
        values = getattr(raw, key)
        if values is not None and values.dtype.kind not in "iu" and (values != "").any():
            notes.append(f"{key}s are text in the files and numbers in the store: 0 is '{min(values[values != ''])}'")
    return notes
