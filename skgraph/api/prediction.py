"""Recognition of actions in recordings."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from skgraph._internal.files import output_folder
from skgraph._internal.notebook import data_frame, html_table
from skgraph._internal.options import check_kinds
from skgraph.build import open_store
from skgraph.data import SkeletonStore
from skgraph.datasets import open_recordings
from skgraph.datasets.recordings import recordings_note
from skgraph.errors import ConfigError
from skgraph.evaluation import PretrainedRun
from skgraph.evaluation.features.bodies import BodyRule
from skgraph.evaluation.features.pooling import Pool
from skgraph.evaluation.pretrained import preprocessing_note
from skgraph.recognition import Recogniser, Timeline, timelines
from skgraph.recognition.timeline import COLUMNS, People
from skgraph.recognition.timeline_files import format_timelines, is_replaceable, save_timelines
from skgraph.topology import Topology
from skgraph.training.devices import choose_device

_SHOWN = 20  # rows in a notebook


@dataclass(frozen=True, repr=False)
class Predictions(Sequence[Timeline]):
    """The timelines of recordings, in their order; those of bodies follow that of their recording.

    Attributes:
        timelines: of recordings and bodies.
        options: run, step, source of the head and options of :func:`~skgraph.recognition.timelines`.
        notes: remarks on how the recordings were read, and on their skeleton.
    """

    timelines: tuple[Timeline, ...]
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Timeline: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Timeline, ...]: ...
    def __getitem__(self, index: int | slice) -> Timeline | tuple[Timeline, ...]:
        return self.timelines[index]

    def __len__(self) -> int:
        return len(self.timelines)

    def __iter__(self) -> Iterator[Timeline]:
        return iter(self.timelines)

    def __repr__(self) -> str:
        return "\n".join([format_timelines(self.timelines), *self.notes])

    def to_frame(self) -> Any:
        """Return a pandas ``DataFrame``: a row a segment, with recording, body, label, seconds and probability."""
        rows = self._rows()
        return data_frame({key: [row[key] for row in rows] for key in COLUMNS})

    def _repr_html_(self) -> str:
        rows = self._rows()
        more = [f"and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
        shown = [list(row.values()) for row in rows[:_SHOWN]]
        return html_table("Predictions", COLUMNS, shown, [*more, *self.notes])

    def save(self, folder: str | Path) -> None:
        """Write a folder with ``predictions.json``, ``segments.csv`` and figures, whole or not at all.

        Raises:
            ConfigError: the folder holds other files, which would be lost.
        """
        save_timelines(output_folder(folder, is_replaceable, "earlier predictions"), self.timelines, **self.options)

    def _rows(self) -> list[dict[str, str | float]]:
        return [row for timeline in self for row in timeline.rows()]


def predict(
    run: str | Path | PretrainedRun,
    source: str | Path | SkeletonStore,
    learn_from: str | Path | SkeletonStore | None = None,
    *,
    people: People = "clip",
    window: float | None = None,
    stride: float | None = None,
    smooth: float = 0.3,
    shortest: float = 0.5,
    threshold: float = 0.0,
    c: float = 1.0,
    pool: Pool | None = None,
    bodies: BodyRule | None = None,
    joint_map: str | None = None,
    dataset: str | None = None,
    topology: str | Topology | None = None,
    unit: str | None = None,
    fps: float | None = None,
    read: Mapping[str, Any] | None = None,
    check_height: bool = True,
    device: str = "auto",
    precision: str = "auto",
    progress: bool = False,
) -> Predictions:
    """Recognise the actions in recordings by a linear head on a frozen encoder: ``python -m skgraph.predict``.

    For example::

        predict("runs/mine", "recording.npy", window=2).save("predictions")

    Args:
        run: a run, its folder, a model folder, ``"builtin"`` or ``"hf:owner/model"``.
        source: a store, or any file or folder that ``skgraph.prepare`` reads; one recording is enough.
        learn_from: labelled clips that train the head; by default the head of a model folder, or the store of the run.
        people, window, stride, smooth, shortest, threshold, joint_map: see :func:`~skgraph.recognition.timelines`.
        c, pool, bodies: of the head, see :meth:`~skgraph.recognition.Recogniser.fit`.
        dataset, topology, unit, fps, read, check_height: of recordings in files, see
            :func:`~skgraph.datasets.open_recordings`; formats without a topology have that of the run.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        progress: show bars in a terminal or notebook.

    Raises:
        ConfigError: an option out of its range, or labels of one class only.
        DataError: a run or recordings that are missing, or do not fit together.
    """
    options: dict[str, Any] = {"people": people, "window": window, "stride": stride, "smooth": smooth}
    options |= {"shortest": shortest, "threshold": threshold, "joint_map": joint_map}
    check_kinds(timelines, options, "predict")
    fit: dict[str, Any] = {"c": c, "pool": pool or "mean", "bodies": bodies or "present"}
    check_kinds(Recogniser.fit, fit, "predict")
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    where = choose_device(device)
    head = None if learn_from else run.head  # of a model that was exported with it
    for key, value in (("pool", pool), ("bodies", bodies)) if head is not None else ():
        if value not in (None, own := getattr(head, key)):
            raise ConfigError(f"{key}={value}: the head of '{run.folder}' takes {key}={own}")
    labelled: tuple[SkeletonStore, str] | None = None
    if isinstance(learn_from, SkeletonStore):
        labelled = learn_from, next(iter(learn_from.splits()))
    elif head is None:
        named = run.config["dataset"] if learn_from is None else {"root": learn_from}
        labelled = open_store(named, write=False, advice="learn_from=FOLDER")
    how: dict[str, Any] = {"dataset": dataset, "topology": topology, "unit": unit, "fps": fps, "read": read}
    how |= {"check_height": check_height, "default_topology": run.topology}
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(source, Path(scratch) / "store", **how)
        if labelled is None:
            recogniser, learned = Recogniser.load(run, where, precision), run.folder
        else:
            recogniser = Recogniser.fit(run, *labelled, where, precision, progress=progress, **fit)
            learned = labelled[0].path
        found = timelines(recogniser, store, progress=progress, **options)
        about = {"run": str(run.folder), "step": run.step, "learned_from": str(learned), **options}
        notes = [recordings_note(store)]
        if note := preprocessing_note(run.preprocessing, str(store.meta.get("preprocessing", "none"))):
            notes.append(note)
        if note := run.topology_note(store.topology.name, joint_map):
            notes.append(note)
    return Predictions(tuple(found), about, tuple(notes))
