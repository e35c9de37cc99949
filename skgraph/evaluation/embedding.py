"""Features of any recording: of clips, bodies, joints, or along time."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from skgraph._internal.atomic import atomic_file
from skgraph._internal.options import at_least, check_kinds
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.datasets import open_recordings
from skgraph.errors import ConfigError
from skgraph.evaluation.bodies import read_bodies
from skgraph.evaluation.features import encode
from skgraph.evaluation.frozen import frozen
from skgraph.evaluation.pretrained import PretrainedRun
from skgraph.evaluation.sliding_windows import window_starts
from skgraph.topology import Topology
from skgraph.training.devices import choose_device

Level = Literal["clip", "body", "frame", "joint"]


@dataclass(frozen=True)
class Embedding:
    """Features of windows of recordings; one window is a whole recording, unless others were asked for.

    Attributes:
        x: ``clip``: ``[n, D]``; ``body``: ``[n, D]``; ``frame``: ``[n, T_e, D]``, of the ``T_e`` equal parts of the
            window in turn; ``joint``: ``[n, V, D]``; float32.
        level: which of them.
        recording: name of each row's recording, ``[n]``.
        body: place of each row's body in its recording, ``[n]``; -1 at level ``clip``.
        start: first frame of each row's window, ``[n]``; ``end`` the one after its last.
        fps: frames a second.
        joints: names of the joints, in the order of level ``joint``.
        preprocessing: how the recordings were prepared, where they are a store.
    """

    x: Tensor
    level: Level
    recording: np.ndarray
    body: Tensor
    start: Tensor
    end: Tensor
    fps: float
    joints: tuple[str, ...]
    preprocessing: str = "none"

    def save(self, path: str | Path, **facts: Any) -> None:
        """Write an ``.npz``, whole or not at all: ``features`` (which is ``x``), the other attributes, more facts."""
        with atomic_file(Path(path)) as file:
            np.savez(
                file,
                features=self.x.numpy(),
                level=self.level,
                recording=self.recording,
                body=self.body.numpy(),
                start=self.start.numpy(),
                end=self.end.numpy(),
                fps=self.fps,
                joints=np.array(self.joints),
                preprocessing=self.preprocessing,
                **facts,
            )


def embed(
    run: str | Path | PretrainedRun,
    source: str | Path | SkeletonStore,
    level: Level = "clip",
    *,
    topology: str | Topology | None = None,
    joint_map: str | None = None,
    unit: str | None = None,
    check_height: bool = True,
    window: int | None = None,
    stride: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    batch_size: int = 128,
    progress: bool = False,
) -> Embedding:
    """Encode recordings with the encoder of a run, frozen.

    Args:
        run: its folder.
        source: a store, a ragged ``.npz``, an ``.npy`` clip (``[M, T, V, C]`` or ``[T, V, C]``) or a folder of such.
        level: ``"clip"``: mean over tokens and bodies; ``"body"``: over the tokens of each body; ``"frame"``: over the
            joints, along time; ``"joint"``: over time.
        topology: of a source that is no store; the run's own if not given.
        joint_map: for recordings of another topology; see :meth:`PretrainedRun.views`.
        unit: of the coordinates of a source that is no store.
        check_height: of such a source: fail where bodies have not the size of people, which shows a wrong unit.
        window: frames of sliding windows; without it a recording is one window.
        stride: frames from one window to the next; half a window if not given.
        device: where to compute.
        precision: see :func:`skgraph.training.devices.autocast`.
        batch_size: windows encoded at once.
        progress: show a bar, where there is a terminal.

    Raises:
        DataError: no such run or recordings, or they do not fit together.
        ConfigError: an option out of its range.
    """
    check_kinds(
        embed,
        {
            "level": level,
            "joint_map": joint_map,
            "unit": unit,
            "window": window,
            "stride": stride,
            "check_height": check_height,
            "batch_size": batch_size,
        },
        "embed",
    )
    at_least("embed", 1, batch_size=batch_size, window=window, stride=stride)
    if stride is not None and window is None:
        raise ConfigError(f"stride={stride} is for sliding windows: say window=... as well")
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    where = choose_device(device)
    with tempfile.TemporaryDirectory() as scratch:
        if isinstance(source, SkeletonStore):
            store = source
        else:
            skeleton = run.topology if topology is None else topology
            skeleton = skeleton if isinstance(skeleton, Topology) else Topology.load(skeleton)
            store = open_recordings(source, skeleton, unit, Path(scratch) / "store", check_height)
        return _embed(run, store, level, joint_map, window, stride, where, precision, batch_size, progress)


@torch.no_grad()
def _embed(
    run: PretrainedRun,
    store: SkeletonStore,
    level: Level,
    joint_map: str | None,
    window: int | None,
    stride: int | None,
    device: torch.device,
    precision: str,
    batch_size: int,
    progress: bool,
) -> Embedding:
    dataset = SkeletonDataset(store, frames=run.config["frames"])
    views = run.views(store.topology, joint_map).to(device)
    encoder = run.encoder().to(device)
    row, start, width = _windows(store.length, window, stride)
    x, owner, body = [], [], []
    with frozen(encoder) as check:
        hidden = None if progress else True  # None: shown on a terminal
        for chunk in tqdm(torch.arange(len(row)).split(batch_size), desc="encoding", disable=hidden, leave=False):
            batch = read_bodies(dataset, row[chunk], views, device, windows=(start[chunk], width[chunk]))
            tokens = encode(encoder, batch, device, precision, dataset).unflatten(1, encoder.grid)  # [b, T_e, V, D]
            check()
            if level == "clip":
                x.append(batch.mean(tokens.mean(dim=(1, 2))).cpu())
                owner.append(chunk)
                body.append(torch.full_like(chunk, -1))
            else:
                over = {"body": (1, 2), "frame": (2,), "joint": (1,)}[level]
                x.append(tokens.mean(dim=over).cpu())
                owner.append(chunk[batch.clip.cpu()])
                body.append(batch.slot.cpu())
    rows = torch.cat(owner)
    recording = store.name[row[rows].numpy()]
    return Embedding(
        torch.cat(x),
        level,
        recording,
        torch.cat(body),
        start[rows],
        (start + width)[rows],
        float(store.meta.get("fps", 30.0)),
        tuple(run.topology.joints),
        str(store.meta.get("preprocessing", "none")),
    )


def _windows(length: Tensor, window: int | None, stride: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """Recording, first frame and width of every window."""
    if window is None:
        return torch.arange(len(length)), torch.zeros_like(length), length
    starts = [window_starts(frames, window, stride or max(1, window // 2)) for frames in length.tolist()]
    row = torch.arange(len(length)).repeat_interleave(torch.tensor([len(s) for s in starts]))
    return row, torch.cat(starts), length[row].clamp(max=window)
