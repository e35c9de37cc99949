"""Make a store from raw files: skgraph prepare dataset=npz source=FILE.npz topology=NAME out=FOLDER."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from skgraph._internal.command import command, plain_config
from skgraph._internal.data_dir import data_dir
from skgraph._internal.options import check_kinds, import_target
from skgraph.errors import ConfigError


def _print_help(arguments: list[str]) -> list[str]:
    """Print the options of a dataset with their comments, which Hydra's own help drops, if help is asked for."""
    if not {"--help", "-h"} & set(arguments):
        return arguments
    configs = data_dir("configs") / "prepare"
    datasets = sorted(path.stem for path in (configs / "dataset").glob("*.yaml"))
    chosen = next((word.removeprefix("dataset=") for word in arguments if word.startswith("dataset=")), None)
    if chosen not in datasets:
        print(f"{__doc__}\n\ndataset is one of {', '.join(datasets)}; dataset={datasets[0]} --help shows its options.")
    else:
        text = (configs / "dataset" / f"{chosen}.yaml").read_text(encoding="utf-8")
        shared = (configs / "raw.yaml").read_text(encoding="utf-8") if "/raw@" in text else ""
        print(f"skgraph prepare dataset={chosen} [option=value ...]; ??? must be given")
        for part in filter(None, (text, shared, "out: ???  # folder of the store")):
            # Drop the keys that bind options to functions.
            print("\n" + re.sub(r"(?m)^(?:(?:defaults|read|write):\n(?:[ ].*\n)*|# @package.*\n|\n)", "", part).strip())
    sys.exit()


@command("prepare/prepare", _print_help)
def main(cfg: DictConfig) -> None:
    """Read a dataset, write its store, and print an overview."""
    import time

    from skgraph.datasets.preparation.overview import format_overview
    from skgraph.datasets.preparation.write_store import PreparedStore
    from skgraph.datasets.raw_dataset import RawDataset

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
    else:  # a synthetic dataset
        prepared = PreparedStore(write().path, unit="m")
    print(format_overview(prepared, time.perf_counter() - started))


def _bound(cfg: DictConfig, where: str, *given: object) -> Callable[..., Any]:
    """Return the function that a part of a configuration names, bound to its values, which fit its annotations.

    ``given`` stands for the arguments that the function gets when it is called.
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


if __name__ == "__main__":
    main()
