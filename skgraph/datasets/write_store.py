"""A raw dataset becomes a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from skgraph.data.store_writer import StoreWriter
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.datasets.splits import make_split
from skgraph.datasets.units import METRES, HeightCheck
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
) -> Written:
    """Write a dataset as a store, clip by clip; on any error nothing is left behind.

    Clips in which no body ever appears are left out; the others are written as `raw` gives them.

    Args:
        raw: the dataset.
        out: folder of the store.
        split: options of `make_split`.
        overwrite: replace a store that is there.
        check_height: fail where bodies have not the size of people, which shows a wrong unit.

    Raises:
        DataError: a clip that is not finite, an implausible unit, an impossible split.
        StoreError: `out` exists, or cannot be written.
    """
    out = Path(out).expanduser()
    division = make_split(raw, **(split or {}))
    # Coordinates that are not lengths have no height in metres.
    height = HeightCheck(raw.unit) if check_height and raw.unit in METRES else None
    ids = {key: raw.ids(key) for key in ("subject", "camera", "setup")}
    excluded: dict[str, list[str]] = {}
    kept: list[int] = []
    done = [] if raw.unit == raw.units else [f"{raw.unit} to {raw.units}"]
    writer = StoreWriter(
        out, raw.topology, raw.class_names, source=raw.source, units=raw.units, fps=raw.fps, overwrite=overwrite,
        preprocessing="; ".join([*done, *raw.notes]) or "none",
    )  # fmt: skip
    with writer, tqdm(raw.clips(), "preparing", len(raw), unit="clip", leave=False, disable=None) as clips:
        for i, joints in enumerate(clips):
            frame_mask = (joints != 0).any(axis=(2, 3))
            if not frame_mask.any():
                reason = "all zero" if frame_mask.size else "no frames"
                excluded.setdefault(reason, []).append(raw.name[i])
                continue
            writer.add(
                joints, y=int(raw.y[i]), name=raw.name[i], frame_mask=frame_mask,
                segments=None if raw.segments is None else raw.segments[i],
                **{key: int(values[i]) for key, values in ids.items()},
            )  # fmt: skip
            kept.append(i)
            if height is not None:
                height.add(joints, frame_mask)
                if len(kept) == _CHECK_AFTER:  # a wrong unit shows at once, not after an hour
                    height.check()
        if not kept:
            raise DataError(f"every one of the {len(raw)} clips of '{raw.source}' is empty or all zero")
        if height is not None:
            height.check()
        train = division.train[kept]
        writer.add_split(division.name, np.flatnonzero(train), np.flatnonzero(~train), division.how)
    notes = [*raw.notes, *_split_notes(raw, division.train, np.array(kept))]
    for key in ids:
        if (values := getattr(raw, key)) is not None and values.dtype.kind not in "iu":
            if len(known := np.unique(values[values != ""])):
                notes.append(f"{key}s are text in the files and numbers in the store: 0 is '{known[0]}'")
    return Written(out, raw.unit, excluded, notes)


def _split_notes(raw: RawDataset, train: np.ndarray, kept: np.ndarray) -> list[str]:
    notes = []
    trains = train[kept]
    for part, clips in (("training", kept[trains]), ("test", kept[~trains])):
        if absent := sorted(raw.labels(kept) - raw.labels(clips)):
            names = ", ".join(f"'{raw.class_names[label]}'" for label in absent[:5])
            how_many = "1 class has" if len(absent) == 1 else f"{len(absent)} classes have"
            notes.append(f"{how_many} no {part} clip: {names}{', ...' if len(absent) > 5 else ''}")
    if raw.subject is not None:
        subjects = raw.subject[kept]
        if both := len(np.intersect1d(subjects[trains], subjects[~trains])):
            notes.append(f"{both} subjects are in both parts of the split")
    return notes
