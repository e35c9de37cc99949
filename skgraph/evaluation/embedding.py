"""Features of recordings: of clips, bodies, frames or joints."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from skgraph._internal.atomic import atomic_file
from skgraph._internal.files import output_file
from skgraph._internal.notebook import data_frame, html_table
from skgraph._internal.options import at_least, check_kinds
from skgraph._internal.text import count
from skgraph.data import SkeletonStore
from skgraph.datasets import open_recordings
from skgraph.datasets.recordings import recordings_note
from skgraph.errors import ConfigError
from skgraph.evaluation.features.bodies import BodyRule
from skgraph.evaluation.features.clip_features import encode_windows
from skgraph.evaluation.features.pooling import Pool, check_pool, pooled
from skgraph.evaluation.features.windows import sliding_windows
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.topology import Topology
from skgraph.training.devices import choose_device

Level = Literal["clip", "body", "frame", "joint"]
# Dimension of the tokens [b, T_e, V, D] that a level averages over.
_AVERAGED = {"frame": 2, "joint": 1}


@dataclass(frozen=True, repr=False)
class Embedding:
    """Features of windows of recordings; by default one window is a whole recording.

    Attributes:
        x: ``clip`` and ``body``: ``[n, D]``, or as wide as the pool; ``frame``: ``[n, T_e, D]``, of ``T_e`` equal
            intervals of the window; ``joint``: ``[n, V, D]``; float32.
        level: ``"clip"``, ``"body"``, ``"frame"`` or ``"joint"``.
        recording: name of each row's recording, ``[n]``.
        body: index of each row's body in its recording, ``[n]``; -1 at level ``clip``.
        identity: number of that body in the source, such as a tracker's, ``[n]``; -1 where unknown.
        start: first frame of each row's window, ``[n]``.
        end: frame after the last of each window, ``[n]``.
        y: label of each row's recording, ``[n]``, where there are labels: of a store, an ``.npz`` or a folder with
            ``labels.csv``; -1 in recordings with labelled segments.
        class_names: names of the labels.
        subject: number of the person in each row's recording, ``[n]``; -1 where unknown.
        fps: frames a second.
        topology: name of the recordings' topology.
        joints: names of the joints, in the order of level ``joint``.
        preprocessing: preprocessing of the store, if the recordings are one.
        source: how the recordings were read, and which of them were left out.
    """

    x: Tensor
    level: Level
    recording: np.ndarray
    body: Tensor
    identity: Tensor
    start: Tensor
    end: Tensor
    y: Tensor
    class_names: tuple[str, ...]
    subject: Tensor
    fps: float
    topology: str
    joints: tuple[str, ...]
    preprocessing: str = "none"
    source: str = ""

    def neighbours(self, k: int) -> list[list[str | float]]:
        """List the ``k`` nearest recordings of each by cosine similarity.

        Returns:
            a header, and rows of recording, rank, neighbour and similarity.

        Raises:
            ConfigError: features are not one of each recording, or ``k`` is not below their number.
        """
        names = self.recording.tolist()
        if self.level != "clip" or len(set(names)) < len(names):
            raise ConfigError("neighbours need one feature a recording: level=clip, without window")
        if not 0 < k < len(names):
            raise ConfigError(f"neighbours must be from 1 to {len(names) - 1}, found {k}: there are {len(names)}")
        x = nn.functional.normalize(self.x.float(), dim=1)
        rows: list[list[str | float]] = [["recording", "rank", "neighbour", "similarity"]]
        for first in range(0, len(x), 512):
            similar = x[first : first + 512] @ x.T
            similar[torch.arange(len(similar)), torch.arange(first, first + len(similar))] = -2.0
            values, nearest = similar.topk(k, dim=1)
            for i, (found, those) in enumerate(zip(nearest.tolist(), values.tolist(), strict=True)):
                near = enumerate(zip(found, those, strict=True), 1)
                rows += [[names[first + i], rank, names[j], round(s, 4)] for rank, (j, s) in near]
        return rows

    def to_frame(self) -> Any:
        """Return a pandas ``DataFrame``: recording, body, identity, window, label and subject of each row, and columns
        ``0`` to ``D - 1`` of its feature.

        Raises:
            ConfigError: features of frames or joints are no rows, or pandas is missing.
        """
        if self.x.dim() != 2:
            raise ConfigError(f"a data frame holds features of clips or bodies, found level={self.level}")
        label = [self.class_names[k] if k >= 0 else "" for k in self.y.tolist()]
        keys = ("recording", "body", "identity", "start", "end")
        columns: dict[str, Any] = {key: getattr(self, key).tolist() for key in keys}
        columns |= {"label": label, "subject": self.subject.tolist()}
        return data_frame(columns | dict(zip(map(str, range(self.x.size(1))), self.x.T.numpy(), strict=True)))

    def __repr__(self) -> str:
        recordings = count(len(set(self.recording.tolist())), "recording")
        return f"Embedding({self.level} features {list(self.x.shape)} of {recordings}, topology {self.topology})"

    def _repr_html_(self) -> str:
        return html_table(repr(self), ("classes", "source"), [(", ".join(self.class_names), self.source)])

    def save(self, path: str | Path, **metadata: Any) -> None:
        """Write an ``.npz``, whole or not at all: ``features`` (``x``), the other attributes, and more values.

        Raises:
            ConfigError: another ending, or a folder that does not exist.
        """
        arrays = dict(vars(self))
        with atomic_file(output_file("path", path, (".npz",))) as file:
            np.savez(file, features=arrays.pop("x"), **arrays, **metadata)


def embed(
    run: str | Path | PretrainedRun,
    source: str | Path | SkeletonStore,
    level: Level = "clip",
    *,
    pool: Pool = "mean",
    bodies: BodyRule = "present",
    joint_map: str | None = None,
    dataset: str | None = None,
    topology: str | Topology | None = None,
    unit: str | None = None,
    fps: float | None = None,
    read: Mapping[str, Any] | None = None,
    check_height: bool = True,
    window: int | None = None,
    stride: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    batch_size: int = 128,
    progress: bool = False,
) -> Embedding:
    """Encode recordings with the frozen encoder of a run.

    Args:
        run: a run, its folder or a model folder.
        source: a store, or any file or folder that ``skgraph.prepare`` reads; one recording is enough.
        level: ``"clip"``: mean over tokens and bodies; ``"body"``: over the tokens of each body; ``"frame"``: over the
            joints, along time; ``"joint"``: over time.
        pool: feature of a body at the levels ``clip`` and ``body``, see
            :func:`~skgraph.evaluation.features.pooling.pooled`.
        bodies: at level ``clip``, how bodies make the feature of a recording, see
            :func:`~skgraph.evaluation.clip_features`.
        joint_map: for recordings of another topology; see :meth:`PretrainedRun.views`.
        dataset, topology, unit, fps, read, check_height: of recordings in files, see
            :func:`~skgraph.datasets.open_recordings`; formats without a topology have that of the run.
        window: frames of sliding windows; without it a recording is one window.
        stride: frames from one window to the next; by default half a window.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        batch_size: windows encoded at once.
        progress: show a bar in a terminal.

    Raises:
        DataError: a run or recordings that are missing, or do not fit together.
        ConfigError: an option is out of its range.
    """
    options: dict[str, Any] = {"level": level, "pool": pool, "bodies": bodies, "joint_map": joint_map}
    options |= {"window": window, "stride": stride, "batch_size": batch_size}
    check_kinds(embed, options, "embed")
    at_least("embed", 1, batch_size=batch_size, window=window, stride=stride)
    if level in _AVERAGED and pool != "mean":
        raise ConfigError(f"pool={pool} is for level=clip or body, found level={level}")
    if level != "clip" and bodies != "present":
        raise ConfigError(f"bodies={bodies} is for level=clip, found level={level}")
    if stride is not None and window is None:
        raise ConfigError(f"stride={stride} is for sliding windows: say window=... as well")
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    where = choose_device(device)
    how: dict[str, Any] = {"dataset": dataset, "topology": topology, "unit": unit, "fps": fps, "read": read}
    how |= {"check_height": check_height, "default_topology": run.topology, "labelled": True}
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(source, Path(scratch) / "store", **how)
        run = run.on(store.topology, joint_map)
        clips = run.dataset(store)
        views = run.views(store.topology, joint_map).to(where)
        encoder = run.encoder().to(where)
        check_pool(encoder, pool)
        windows = sliding_windows(clips, window, stride or max(1, (window or 0) // 2))
        options = {"precision": precision, "batch_size": batch_size, "progress": progress, "bodies": bodies}
        everything = torch.arange(len(windows.row))
        x, rows, body = [], [], []
        if level in _AVERAGED:
            encode = partial(_over_tokens, encoder, dim=_AVERAGED[level])
        else:
            encode = partial(pooled, encoder, pool=pool)
        encoded = encode_windows(encode, encoder, clips, windows, everything, views, where, **options)
        for chunk, batch, features in encoded:
            x.append((batch.combine(features) if level == "clip" else features).cpu())
            rows.append(chunk if level == "clip" else chunk[batch.clip.cpu()])
            body.append(torch.full_like(chunk, -1) if level == "clip" else batch.slot.cpu())
        row = torch.cat(rows)
        clip, slot = windows.row[row], torch.cat(body)
        identity = store.identity[store.body_ptr[clip] + slot.clamp(min=0)]
        return Embedding(
            torch.cat(x),
            level,
            store.name[clip.numpy()],
            slot,
            torch.where(slot < 0, -1, identity),
            windows.start[row],
            (windows.start + windows.width)[row],
            store.y[clip],
            tuple(store.class_names),
            store.subject[clip],
            float(store.meta.get("fps", 30.0)),
            store.topology.name,
            tuple(run.topology.joints),
            str(store.meta.get("preprocessing", "none")),
            recordings_note(store),
        )


def _over_tokens(encoder: Any, joints: Tensor, dim: int) -> Tensor:
    """Encode bodies, and average their tokens ``[b, T_e, V, D]`` over one dimension."""
    return encoder(joints).float().unflatten(1, encoder.grid).mean(dim=dim)
