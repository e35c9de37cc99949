"""Evaluation of an encoder by one protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from skgraph._internal.distributed import Processes
from skgraph.build import open_store
from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError
from skgraph.evaluation import PretrainedRun, Protocol, Result, Settings, build_protocol, compare


def evaluate(
    run: str | Path | PretrainedRun,
    protocol: str | Mapping[str, Any] | Protocol = "linear",
    dataset: str | Path | SkeletonStore | Mapping[str, Any] | None = None,
    split: str | None = None,
    *,
    device: str = "auto",
    precision: str = "auto",
    processes: Processes = Processes(),
    progress: bool = True,
    **settings: Any,
) -> Result:
    """Evaluate an encoder, and beside it a random one and raw coordinates: ``python -m skgraph.evaluate``.

    The result is also written, see :func:`~skgraph.evaluation.compare`.

    For example::

        result = evaluate("runs/mine", "knn", validation=0.2)
        result = evaluate("runs/mine", {"name": "finetune", "epochs": 20})

    Args:
        run: a run, its folder, a model folder, ``"builtin"`` or ``"hf:owner/model"``.
        protocol: its name, or a dictionary of name and options.
        dataset: a store, its folder or its options in the command; by default the store of the run.
        split: of the store; by default that of the run, or the first of another store.
        device, precision: where and how to compute, see :func:`skgraph.training.devices.autocast`.
        processes: processes of a distributed evaluation.
        progress: show bars.
        settings: attributes of :class:`~skgraph.evaluation.Settings`, such as ``pool`` or ``bodies``.

    Raises:
        ConfigError: protocol, run, dataset and settings do not fit together.
        DataError: a run or dataset that is missing or damaged.
    """
    known = [field.name for field in fields(Settings)]
    if unknown := [key for key in settings if key not in known]:
        raise ConfigError(f"evaluate has no option '{unknown[0]}': expected one of {', '.join(known)}")
    chosen = Settings(**settings)
    way = protocol if isinstance(protocol, Protocol) else build_protocol(protocol)
    run = run if isinstance(run, PretrainedRun) else PretrainedRun.open(run)
    if isinstance(dataset, SkeletonStore):
        store = dataset
    else:
        options = run.config["dataset"] if dataset is None else dataset
        options = options if isinstance(options, Mapping) else {"root": options}
        store, split = open_store({**options, "split": split or options.get("split")}, write=False)
    return compare(run, store, split, [way], device, precision, chosen, processes, progress)[0]
