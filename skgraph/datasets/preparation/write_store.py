"""A raw dataset becomes a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from skgraph.data.store_writer import StoreWriter
from skgraph.datasets.preparation.make_splits import make_splits
from skgraph.datasets.preparation.split import Split
from skgraph.datasets.preparation.topology_map import map_topology
from skgraph.datasets.preparation.units import METRES, HeightCheck
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.errors import DataError

_CHECK_AFTER = 100


@dataclass(frozen=True)
class Written:
    """A new store, and what it does not say itself.

    Args:
        path: the store.
        unit: unit of the files that it was made from.
        excluded: names of the clips that were left out, by reason.
        notes: what a person should know.
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
) -> Written:
    """Write a dataset as a store, clip by clip; on any error nothing is left behind.

    Clips that the reader excludes or in which no body ever appears are left out; the others are written as `raw` gives
    them.

    Args:
        raw: the dataset.
        out: folder of the store.
        split: options of `make_splits`.
        overwrite: replace a store that is there.
        check_height: fail where bodies have not the size of people, which shows a wrong unit.
        dtype: `float32`, or `float16`: half the size, and of coordinates up to 2 m correct to a millimetre.
        topology_map: write the joints as those of another topology, see `map_topology`.

    Raises:
        TopologyError: joints that cannot be mapped.
        DataError: a clip that is not finite, an implausible unit, an impossible split.
        StoreError: `out` exists, or cannot be written.
    """
    out = Path(out).expanduser()
    if topology_map is not None:
        raw = map_topology(raw, topology_map)
    splits = make_splits(raw, **(split or {}))
    # Coordinates that are not lengths have no height in metres.
    height = HeightCheck(raw.unit) if check_height and raw.unit in METRES else None
    ids = {key: raw.ids(key) for key in ("subject", "camera", "setup")}
    excluded: dict[str, list[str]] = {}
    kept: list[int] = []
    done = [] if raw.unit == raw.units else [f"{raw.unit} to {raw.units}"]
    writer = StoreWriter(
        out,
        raw.topology,
        raw.class_names,
        source=raw.source,
        units=raw.units,
        fps=raw.fps,
        overwrite=overwrite,
        preprocessing="; ".join(filter(None, [raw.preprocessing, *done])) or "none",
        notes=raw.notes,
        dtype=dtype,
    )
    # Numbers that are too large are refused by the writer, which says where they are.
    quiet = np.errstate(over="ignore", invalid="ignore")
    with quiet, writer, tqdm(raw.clips(), "preparing", len(raw), unit="clip", leave=False, disable=None) as clips:
        for i, clip in enumerate(clips):
            frame_mask = clip.there
            if reason := clip.excluded or _empty(frame_mask):
                kind, _, detail = reason.partition(": ")
                excluded.setdefault(kind, []).append(f"{raw.name[i]} ({detail})" if detail else raw.name[i])
                writer.exclude(raw.name[i], reason)
                continue
            writer.add(
                clip.joints,
                y=int(raw.y[i]),
                name=raw.name[i],
                frame_mask=frame_mask,
                confidence=clip.confidence,
                segments=clip.segments if raw.segments is None or clip.segments is not None else raw.segments[i],
                **{key: int(values[i]) for key, values in ids.items()},
            )
            kept.append(i)
            if height is not None:
                height.add(clip.joints, frame_mask)
                if len(kept) == _CHECK_AFTER:  # a wrong unit shows at once, not after an hour
                    height.check()
        if not kept:
            reasons = "; ".join(f"{len(names)} {reason}" for reason, names in excluded.items())
            raise DataError(f"none of the {len(raw)} clips of '{raw.source}' can be used: {reasons}")
        if height is not None:
            height.check()
        notes = [*raw.notes, *_add_splits(writer, raw, splits, np.array(kept))]
    if raw.done is not None:
        raw.done()
    if raw.review is not None:
        notes += raw.review(np.array(kept))
    for key in ids:
        if (values := getattr(raw, key)) is not None and values.dtype.kind not in "iu":
            if len(known := np.unique(values[values != ""])):
                notes.append(f"{key}s are text in the files and numbers in the store: 0 is '{known[0]}'")
    return Written(out, raw.unit, excluded, notes)


def _empty(frame_mask: np.ndarray) -> str:
    """Why a clip without anybody in it is left out, "" if somebody is."""
    if frame_mask.any():
        return ""
    return "all zero" if frame_mask.size else "no frames"


def _add_splits(writer: StoreWriter, raw: RawDataset, splits: list[Split], kept: np.ndarray) -> list[str]:
    """Add the splits of the clips that were kept; returns what a person should know of them.

    Of several splits, those that the clips at hand leave without a part are skipped.
    """
    divisions = [split.of(kept) for split in splits]
    notes = [problem for division in divisions if (problem := division.problem())]
    if len(notes) == len(splits):
        raise DataError(notes[0])
    for division in divisions:
        if not division.problem():
            train, test = np.flatnonzero(division.train), np.flatnonzero(division.tests)
            writer.add_split(division.name, train, test, division.how)
            own = _split_notes(raw, kept[train], kept[test])
            notes += [f"split '{division.name}': {note}" for note in own] if len(splits) > 1 else own
    return notes


def _split_notes(raw: RawDataset, train: np.ndarray, test: np.ndarray) -> list[str]:
    """What is odd about the clips that train and test."""
    notes = []
    both = raw.labels(np.concatenate([train, test]))
    for part, clips in (("training", train), ("test", test)):
        if absent := sorted(both - raw.labels(clips)):
            names = ", ".join(f"'{raw.class_names[label]}'" for label in absent[:5])
            how_many = "1 class has" if len(absent) == 1 else f"{len(absent)} classes have"
            notes.append(f"{how_many} no {part} clip: {names}{', ...' if len(absent) > 5 else ''}")
    if raw.subject is not None:
        subjects = len(np.intersect1d(raw.subject[train], raw.subject[test]))
        if subjects:
            notes.append(f"{subjects} subjects are in both parts of the split")
    return notes
