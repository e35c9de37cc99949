"""Classes, people and splits: what the index of a store says without its frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgraph.data import SkeletonStore

IDS = ("subject", "camera", "setup")


@dataclass(frozen=True)
class SplitCounts:
    """A split of a store.

    Args:
        name: of the split.
        how: in words, how it was made.
        train, test: clips in its parts.
        neither: clips in none of them.
        train_classes, test_classes: clips (or segments) of each class ``[classes]``.
        shared: ids that are in both parts, of subjects, cameras and setups; no key where they are unknown.
    """

    name: str
    how: str
    train: int
    test: int
    neither: int
    train_classes: np.ndarray
    test_classes: np.ndarray
    shared: dict[str, list[int]]

    def absent(self, part: str) -> np.ndarray:
        """Ids of the classes that the other part has and this one has not."""
        own, other = (self.train_classes, self.test_classes)[:: 1 if part == "train" else -1]
        return np.flatnonzero((own == 0) & (other > 0))


@dataclass(frozen=True)
class Labels:
    """Clips by class, by person, camera and setup, and by part of each split.

    Args:
        what: is counted, ``clips`` or ``segments``.
        class_names: of the labels.
        classes: clips (or segments) of each class ``[classes]``.
        ids: clips of each subject, camera and setup, by id; no key where they are unknown, -1 where one is.
        splits: in the store's order.
    """

    what: str
    class_names: list[str]
    classes: np.ndarray
    ids: dict[str, dict[int, int]]
    splits: list[SplitCounts]


def count_labels(store: SkeletonStore) -> Labels:
    """Count the clips of a store; where it has labelled segments, the classes of those."""
    if store.has_segments:
        label = store.segment_label.numpy()
        owner = np.repeat(np.arange(store.num_clips), store.segment_ptr.diff().numpy())
    else:
        label, owner = store.y.numpy(), np.arange(store.num_clips)
    ids = {key: getattr(store, key).numpy() for key in IDS}
    ids = {key: values for key, values in ids.items() if (values >= 0).any()}

    def by_class(clips: np.ndarray) -> np.ndarray:
        return np.bincount(label[np.isin(owner, clips)], minlength=len(store.class_names))

    def split(name: str) -> SplitCounts:
        train, test = (store.split(name, part).numpy() for part in ("train", "test"))
        shared = {key: np.intersect1d(values[train], values[test]) for key, values in ids.items()}
        how = store.meta["splits"].get(name) or ""
        return SplitCounts(
            name,
            str(how),
            len(train),
            len(test),
            store.num_clips - len(train) - len(test),
            by_class(train),
            by_class(test),
            {key: values[values >= 0].tolist() for key, values in shared.items()},
        )

    counted = {key: np.unique(values, return_counts=True) for key, values in ids.items()}
    return Labels(
        "segments" if store.has_segments else "clips",
        store.class_names,
        by_class(np.arange(store.num_clips)),
        {key: dict(zip(*map(np.ndarray.tolist, pair), strict=True)) for key, pair in counted.items()},
        [split(name) for name in store.splits()],
    )
