"""Make a store from raw files: `python -m skgraph.prepare dataset=npz source=FILE.npz topology=NAME out=FOLDER`."""

from __future__ import annotations

import inspect
import re
import sys
import time
from pathlib import Path

from hydra.utils import get_method, instantiate
from omegaconf import DictConfig, OmegaConf

from skgraph._internal.command import verb
from skgraph._internal.data_dir import data_dir
from skgraph.datasets.preparation.overview import format_overview
from skgraph.datasets.preparation.write_store import PreparedStore
from skgraph.errors import ConfigError


@verb("prepare/prepare")
def main(cfg: DictConfig) -> None:
    """Read a dataset, write its store, print what is in it."""
    started = time.perf_counter()
    _check_kinds(cfg)
    # Called here and not by `instantiate`, which wraps what its targets raise.
    write = instantiate(cfg.write, _partial_=True, _convert_="all")
    if "read" in cfg:
        prepared = write(instantiate(cfg.read, _partial_=True, _convert_="all")())
    else:  # a dataset that is made, not read
        prepared = PreparedStore(write().path, unit="m")
    print(format_overview(prepared, time.perf_counter() - started))


_SWITCHES = (
    "overwrite",
    "check_height",
    "ignore_joint_names",
    "labelled",
    "recordings",
    "confidence",
    "world",
    "end_sites",
)
_WHOLE_NUMBERS = ("subjects", "repetitions", "seed", "processes", "max_bodies", "every")
_NUMBERS = ("fps", "noise", "dropout", "min_confidence")


def _check_kinds(cfg: DictConfig) -> None:
    """Refuse words where numbers belong: `overwrite=no` is a text to Hydra, and any text would count as true."""
    for kind, words, keys in (
        (bool, "true or false", _SWITCHES),
        (int, "a whole number", _WHOLE_NUMBERS),
        ((int, float), "a number", _NUMBERS),
    ):
        for key in keys:
            value = cfg.get(key)
            if value is not None and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
                raise ConfigError(f"{key} must be {words}, found '{value}'")
    if "split" in cfg and not OmegaConf.is_dict(cfg.split):
        raise ConfigError(f"split has options of its own, such as split.by=subject, found split={cfg.split}")
    for key in ("source", "topology", "topology_map", "labels", "missing_list", "out"):
        value = cfg.get(key)
        several = (
            key == "source" and OmegaConf.is_list(value) and "missing_list" in cfg
        )  # NTU RGB+D has several archives
        if OmegaConf.is_config(value) and not several:
            raise ConfigError(f"{key} must be one name or path, found {value}")
        if value is not None and not OmegaConf.is_list(value):
            # A folder may be called 2024, and what is called after it lies beside it, not in it.
            cfg[key] = str(Path(str(value))) if key == "out" else str(value)
    for call in (cfg.write, cfg.get("read")):
        if call is not None:
            _check_given(call)


def _check_given(call: DictConfig) -> None:
    """Refuse null where a function needs a value: it would count as false, or be no path."""
    for key, parameter in inspect.signature(get_method(call._target_)).parameters.items():
        if key in call and call[key] is None and "None" not in str(parameter.annotation):
            raise ConfigError(f"{'out' if key == 'path' else key} must have a value, found null")


def _help(arguments: list[str]) -> str | None:
    """What there is to say, if help is asked for: of a dataset its options with their comments, which Hydra drops."""
    if not {"--help", "-h"} & set(arguments):
        return None
    configs = data_dir("configs") / "prepare"
    datasets = sorted(path.stem for path in (configs / "dataset").glob("*.yaml"))
    chosen = next((word.removeprefix("dataset=") for word in arguments if word.startswith("dataset=")), None)
    if chosen not in datasets:
        return f"{__doc__}\n\ndataset is one of {', '.join(datasets)}; dataset={datasets[0]} --help shows its options."
    own = (configs / "dataset" / f"{chosen}.yaml").read_text(encoding="utf-8")
    shared = (configs / "raw.yaml").read_text(encoding="utf-8") if "/raw@" in own else ""
    options = [_options(text) for text in (own, shared, "out: ???  # folder of the store") if text]
    return "\n\n".join([f"python -m skgraph.prepare dataset={chosen} [option=value ...]; ??? must be given", *options])


def _options(text: str) -> str:
    """The options of a configuration file and its comments, without what wires them to functions."""
    return re.sub(r"(?m)^(?:(?:defaults|read|write):\n(?:[ ].*\n)*|# @package.*\n|\n)", "", text).strip()


if __name__ == "__main__":
    if text := _help(sys.argv[1:]):
        print(text)
    else:
        main()
