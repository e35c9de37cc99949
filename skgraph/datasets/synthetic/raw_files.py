"""The synthetic dataset in the formats in which NTU RGB+D and PKU-MMD are downloaded: for trying out what reads
them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.data.store import SkeletonStore
from skgraph.datasets.formats.ntu.write_skeleton import skeleton_text
from skgraph.datasets.formats.pku.write_pku import label_text, pku_text, split_text
from skgraph.errors import ConfigError


def write_ntu_files(store: SkeletonStore, folder: str | Path, most: int | None = None) -> None:
    """Write clips as `NAME.skeleton`; the synthetic dataset names its clips as NTU RGB+D does.

    Args:
        store: on the skeleton `ntu_rgbd`, such as `write_synthetic` makes.
        folder: to write to; it is made where it does not exist.
        most: how many clips, from the first; by default all.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(store.name[:most]):
        clip = store.clip(i)
        confidence = clip.confidence.numpy() if "confidence" in clip else None
        text = skeleton_text(clip.joints.double().numpy(), clip.frame_mask.numpy(), confidence)
        (folder / f"{name}.skeleton").write_text(text)


def write_pku_files(store: SkeletonStore, folder: str | Path) -> None:
    """Write untrimmed recordings as PKU-MMD I has them: `skeletons`, `labels` and `splits`.

    Recordings are named `0001-L`, ...; the three cameras of one performance are its views L, M and R. Cameras M and R,
    and of the subjects those of the store's split `xsub`, train.

    Args:
        store: of recordings, such as `write_synthetic(..., recordings=True)` makes.
        folder: to write to; it is made where it does not exist.

    Raises:
        ConfigError: the store has no segments.
    """
    if not store.has_segments:
        raise ConfigError(f"'{store.path}' has no recordings with segments: make it with recordings=true")
    folder = Path(folder)
    for part in ("skeletons", "labels", "splits"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    performance = [name.replace(f"C{camera:03d}", "") for name, camera in zip(store.name, store.camera, strict=True)]
    number = {name: i for i, name in enumerate(dict.fromkeys(performance), start=1)}
    names = [f"{number[name]:04d}-{'LMR'[camera - 1]}" for name, camera in zip(performance, store.camera, strict=True)]
    for i, name in enumerate(names):
        clip = store.clip(i)
        text = pku_text(clip.joints.double().numpy(), clip.frame_mask.numpy())
        (folder / "skeletons" / f"{name}.txt").write_text(text)
        (folder / "labels" / f"{name}.txt").write_text(label_text(store.segments(i).numpy()))
    trains = {"subject": np.isin(np.arange(len(names)), store.split("xsub", "train").numpy())}
    trains["view"] = store.camera.numpy() > 1
    for split, train in trains.items():
        parts = [[name for name, own in zip(names, train == part, strict=True) if own] for part in (True, False)]
        (folder / "splits" / f"cross-{split}.txt").write_text(split_text(*parts))
