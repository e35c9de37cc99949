"""The stores of a dataset configuration, and the bodies that a run trains on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.datasets.synthetic import write_synthetic
from skgraph.errors import ConfigError, StoreError


def open_stores(dataset: Mapping[str, Any]) -> list[tuple[SkeletonStore, str]]:
    """Open the store, or the ``roots`` of several stores, of a dataset configuration, each with its split.

    Raises:
        ConfigError, StoreError: see :func:`open_store`.
    """
    if not isinstance(dataset, Mapping) or "roots" not in dataset:
        return [open_store(dataset)]
    roots = dataset["roots"]
    names = [Path(os.path.abspath(str(root))).name for root in roots] if isinstance(roots, list) else []
    if not names or len(set(names)) < len(names):  # results bear the name of a store's folder
        raise ConfigError(
            f"dataset.roots must be a list of folders of different names, such as [data/a,data/b], found {roots}"
        )
    return [open_store({"root": root, "split": dataset.get("split")}) for root in roots]


def open_store(
    dataset: Mapping[str, Any], write: bool = True, advice: str = "dataset=store dataset.root=FOLDER"
) -> tuple[SkeletonStore, str]:
    """Open the store of a dataset configuration, and choose its split.

    Args:
        dataset: ``root`` and the other keys of ``configs/dataset``.
        write: write the synthetic dataset if it does not exist.
        advice: option that names a store, for errors.

    Raises:
        ConfigError: the configuration names no store, or several.
        StoreError: there is no store, or it is damaged.
    """
    if isinstance(dataset, Mapping) and "roots" in dataset:
        raise ConfigError(f"the run has several stores: say {advice}, one of them or another")
    if not isinstance(dataset, Mapping) or "root" not in dataset:
        raise ConfigError(f"dataset must be a mapping with the root of a store, found '{dataset}'")
    if dataset["root"] == "":
        raise ConfigError(f"no store is named, and a model folder has none: say {advice}")
    root = Path(str(dataset["root"]))
    if not write and not root.exists():
        raise StoreError(
            f"no store at '{root}': expected a folder that skgraph.prepare wrote; a run looks for its data from the "
            f"folder in which it was trained: work there, or say {advice}"
        )
    if "synthetic" in dataset and not root.exists():
        try:
            write_synthetic(root, **dataset["synthetic"])
        except TypeError as error:
            raise ConfigError(f"dataset.synthetic: {error}") from error
        except StoreError:
            if not root.exists():  # otherwise another process has just written the same dataset
                raise
    store = SkeletonStore.open(root)
    # Otherwise a run on `dataset.root=data/mine` alone would bear the name of the synthetic dataset.
    if "synthetic" in dataset and not store.meta["source"].startswith("synthetic"):
        raise ConfigError(f"'{root}' is not the synthetic dataset: say dataset=store dataset.root={root}")
    if share := store.meta.get("share"):
        raise ConfigError(
            f"'{root}' is share {share['number']} of {share['of']} of a dataset: join them by python -m "
            "skgraph.prepare dataset=shares"
        )
    split = dataset.get("split") or next(iter(store.splits()), None)
    if not store.splits():
        raise ConfigError(f"the store '{root}' has no split: prepare it with split.by=subject, camera, setup or random")
    if split not in store.splits():
        raise ConfigError(f"dataset.split must be one of {', '.join(store.splits())} in '{root}', found '{split}'")
    if (clips := dataset.get("train_clips")) is not None:
        if type(clips) is not int:
            raise ConfigError(f"dataset.train_clips must be a whole number or null, found '{clips}'")
        store = store.with_train_clips(split, clips)
    return store, split


def training_bodies(config: Mapping[str, Any], store: SkeletonStore, split: str) -> SkeletonDataset:
    """Return the bodies that a configuration pre-trains on, with its crops."""
    keys = ("frames", "min_frames", "extend", "resampling", "bodies")
    options: dict[str, Any] = {key: config[key] for key in keys if key in config}
    return SkeletonDataset(store, split, items="bodies", crop=tuple(config["crop"]), **options)
