"""PKU-MMD's skeleton, label and split files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.datasets.formats.pku_files import BODIES
from skgraph.errors import ConfigError


def write_pku_files(store: SkeletonStore, folder: str | Path) -> None:
    """Write untrimmed recordings in the folders of PKU-MMD I: `skeletons`, `labels` and `splits`.

    Recordings are named `0001-L`, ...; the three cameras of one performance are its views L, M and R. The cross-view
    split trains on M and R, the cross-subject split on the training clips of the store's `xsub`.

    Args:
        store: of recordings, such as `write_synthetic(..., recordings=True)` makes.
        folder: destination, created if missing.

    Raises:
        ConfigError: the store has no segments.
    """
    if not store.has_segments:
        raise ConfigError(f"'{store.path}' has no recordings with segments: make it with recordings=true")
    folder = Path(folder)
    for kind in ("skeletons", "labels", "splits"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    performance = [name.replace(f"C{camera:03d}", "") for name, camera in zip(store.name, store.camera, strict=True)]
    number = {name: i for i, name in enumerate(dict.fromkeys(performance), start=1)}
    names = [f"{number[name]:04d}-{'LMR'[camera - 1]}" for name, camera in zip(performance, store.camera, strict=True)]
    for i, name in enumerate(names):
        clip = store.clip(i)
        text = pku_text(clip.joints.double().numpy(), clip.frame_mask.numpy())
        (folder / "skeletons" / f"{name}.txt").write_text(text)
        (folder / "labels" / f"{name}.txt").write_text(label_text(store.segments(i).numpy()))
    trains = {
        "subject": np.isin(np.arange(len(names)), store.split("xsub", "train").numpy()),
        "view": store.camera.numpy() > 1,
    }
    for kind, train in trains.items():
        sides = [[name for name, own in zip(names, train == side, strict=True) if own] for side in (True, False)]
        (folder / "splits" / f"cross-{kind}.txt").write_text(split_text(*sides))


def pku_text(joints: np.ndarray, frame_mask: np.ndarray) -> str:
    """Format a recording as the text of a skeleton file, with nine decimals.

    Args:
        joints: `[M, T, V, 3]` metres in the sensor's coordinates, of at most two bodies.
        frame_mask: `[M, T]` bool.
    """
    bodies, frames, num_joints, _ = joints.shape
    rows = np.zeros((frames, BODIES, num_joints, 3))
    rows[:, :bodies] = np.where(frame_mask[..., None, None], joints, 0).swapaxes(0, 1)
    return "".join(" ".join(f"{value:.9f}" for value in row) + "\n" for row in rows.reshape(frames, -1).tolist())


def label_text(segments: np.ndarray) -> str:
    """Format segments `[S, 3]` (label, start, end, from 0, end exclusive) as a label file, which counts from 1."""
    return "".join(f"{label + 1},{start + 1},{end},1\n" for label, start, end in segments.tolist())


def split_text(train: Iterable[str], test: Iterable[str]) -> str:
    """Format the names of training and test recordings as a split file."""
    return f"Training videos:\n{', '.join(train)}\nValidation videos:\n{', '.join(test)}\n"
