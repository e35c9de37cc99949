"""Classes, subjects, cameras, setups and splits, counted from the index of a store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore

_IDS = ("subject", "camera", "setup")


@dataclass(frozen=True)
class SplitStatistics:
    """Training and test clips of a split.

    Args:
        name: name of the split.
        how: the store's description of the split.
        train, test, neither: number of clips on each side, and on none.
        train_classes, test_classes: clips (or segments) of each class ``[classes]``.
        shared: subjects, cameras and setups with training and test clips; no key where all are unknown.
    """

    name: str
    how: str
    train: int
    test: int
    neither: int
    train_classes: np.ndarray
    test_classes: np.ndarray
    shared: dict[str, list[int]]


@dataclass(frozen=True)
class LabelStatistics:
    """Clips by class, subject, camera, setup and split.

    Args:
        what: unit of the class counts, ``clips`` or ``segments``.
        class_names: names of the classes.
        classes: clips (or segments) of each class ``[classes]``.
        ids: clips of each subject, camera and setup by id, -1 for unknown; no key where all are unknown.
        splits: in the order of the store.
    """

    what: str
    class_names: list[str]
    classes: np.ndarray
    ids: dict[str, dict[int, int]]
    splits: list[SplitStatistics]


def count_labels(store: SkeletonStore) -> LabelStatistics:
    """Count the clips of a store by label; classes are counted in segments where the store has them."""
    clips = np.arange(store.num_clips)
    if store.has_segments:
        label, owner = store.segment_label.numpy(), np.repeat(clips, store.segment_ptr.diff().numpy())
    else:
        label, owner = store.y.numpy(), clips
    ids = {key: getattr(store, key).numpy() for key in _IDS}
    ids = {key: values for key, values in ids.items() if (values >= 0).any()}

    def by_class(clips: np.ndarray) -> np.ndarray:
        return np.bincount(label[np.isin(owner, clips)], minlength=len(store.class_names))

    def count_split(name: str) -> SplitStatistics:
        train, test = (store.split(name, side).numpy() for side in ("train", "test"))
        shared = {key: np.intersect1d(values[train], values[test]) for key, values in ids.items()}
        return SplitStatistics(
            name,
            str(store.meta["splits"].get(name) or ""),
            len(train),
            len(test),
            store.num_clips - len(train) - len(test),
            by_class(train),
            by_class(test),
            {key: values[values >= 0].tolist() for key, values in shared.items()},
        )

    unique = {key: np.unique(values, return_counts=True) for key, values in ids.items()}
    counted = {key: dict(zip(*(x.tolist() for x in pair), strict=True)) for key, pair in unique.items()}
    splits = [count_split(name) for name in store.splits()]
    what = "segments" if store.has_segments else "clips"
    return LabelStatistics(what, store.class_names, by_class(clips), counted, splits)
