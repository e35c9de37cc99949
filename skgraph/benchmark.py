"""``python -m skgraph.benchmark data|store``: the measurements behind every claim of speed."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import torch
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from skgraph.benchmarks.data import benchmark_data
from skgraph.benchmarks.store import benchmark_store
from skgraph.errors import ConfigError
from skgraph.training.checkpoint import versions
from skgraph.verb import verb


@verb("benchmark")
def main(cfg: DictConfig) -> None:
    """Measure, print a table, and write JSON where ``out`` says."""
    config = OmegaConf.to_container(cfg, resolve=True)
    what, sizes = config["benchmark"]["name"], config["benchmark"]["sizes"]
    if what == "data":
        recipe = compose("pretrain", overrides=[*config["recipe"], "name=benchmark"])
        measured = benchmark_data(OmegaConf.to_container(recipe, resolve=True), **sizes)
    elif what == "store":
        measured = benchmark_store(**sizes)
    else:
        raise ConfigError(f"benchmark must be data or store, found '{what}'")
    threads = torch.get_num_threads()
    print(f"{what}: {platform.processor() or platform.machine()}, {threads} threads, torch {torch.__version__}")
    for key, value in measured.items():
        print(f"{key:<34}{value:>14.4g}")
    if config["out"]:
        record = {"benchmark": what, "measured": measured, "sizes": sizes, "threads": threads, "versions": versions()}
        Path(config["out"]).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _name_first(arguments: list[str]) -> list[str]:
    """``data batch=8`` reads as ``benchmark=data batch=8``."""
    if arguments and "=" not in arguments[0] and not arguments[0].startswith("-"):
        return [f"benchmark={arguments[0]}", *arguments[1:]]
    return arguments


if __name__ == "__main__":
    sys.argv[1:] = _name_first(sys.argv[1:])
    main()
