"""Preparation of a store from raw files, or of synthetic motions."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from skgraph._internal.command import plain_config
from skgraph._internal.compose import composed
from skgraph._internal.options import check_kinds, import_target
from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.overview import format_overview
from skgraph.datasets.preparation.write_store import PreparedStore, group_excluded
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.errors import ConfigError


def prepare(
    dataset: str, source: str | Path | Sequence[str | Path] | None = None, *, out: str | Path, **options: Any
) -> SkeletonStore:
    """Make a store from raw files, and print an overview of it: ``python -m skgraph.prepare``.

    For example::

        store = prepare("npy", "clips", out="data/mine", topology="ntu_rgbd", unit="mm")

    Args:
        dataset: format of the files, such as ``"npz"``; or ``"synthetic"``.
        source: the file or folder, or several for a format that takes them; ``"synthetic"`` has none.
        out: folder of the store.
        options: every other option of the command, such as ``topology="my_robot.yaml"`` or ``split={"by": "subject"}``.

    Raises:
        ConfigError: an option that the format does not have.
        DataError: files that are damaged or do not fit, or a store that exists.
    """
    check_kinds(prepare, {"dataset": dataset, "source": source, "out": out})
    given = {"dataset": dataset, **({} if source is None else {"source": source}), "out": out, **options}
    with composed("prepare/prepare", given) as cfg:
        return write(cfg)


def write(cfg: DictConfig) -> SkeletonStore:
    """Read the dataset of a composed configuration, write its store, and print an overview."""
    started = time.perf_counter()
    if cfg.out is None:
        raise ConfigError("out must be a path, found null")
    cfg.out = str(Path(str(cfg.out)))  # a folder NAME.parts lies beside the store NAME/, not in it
    if cfg.get("split") == "none":
        cfg.split = {"by": "none"}
    if "split" in cfg and not OmegaConf.is_dict(cfg.split):
        raise ConfigError(f"split is a group of options, such as split.by=subject, or none, found split={cfg.split}")
    write = _bound(cfg, "write", *(["raw"] if "read" in cfg else []))
    if "read" in cfg:
        raw = _bound(cfg, "read")()
        if not isinstance(raw, RawDataset):
            raise ConfigError(f"read._target_ '{cfg.read._target_}' returned a {type(raw).__name__}, not a RawDataset")
        prepared = write(raw)
    else:  # a synthetic dataset, or shares
        store = write()
        prepared = PreparedStore(store.path, store.meta["units"], notes=store.meta.get("notes", []))
        for name, reason in store.excluded.items():
            group_excluded(prepared.excluded, name, reason)
    print(format_overview(prepared, time.perf_counter() - started))
    return SkeletonStore.open(prepared.path)


def _bound(cfg: DictConfig, where: str, *given: object) -> Callable[..., Any]:
    """Return the function named by a part of a configuration, with the part's other values as bound arguments.

    ``given`` stands for the arguments of the later call. A value that does not fit an annotation is a ConfigError.
    """
    values = plain_config(cfg).get(where) or {}
    function = import_target(values, where)
    values = {key: value for key, value in values.items() if key != "_target_"}
    try:
        inspect.signature(function).bind(*given, **values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}._target_ '{cfg[where]._target_}' cannot take its options: {error}") from error
    for key, value in values.items():
        try:
            check_kinds(function, {key: value})
        except ConfigError:
            if type(value) not in (int, float):
                raise
            values[key] = str(value)  # a file may be called 2024
            check_kinds(function, {key: values[key]})
    return functools.partial(function, **values)
