"""``python -m skgraph.benchmark data|store|flops|train``: the measurements behind every claim of speed."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import torch
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from skgraph.benchmarks.data import benchmark_data
from skgraph.benchmarks.flops import benchmark_flops
from skgraph.benchmarks.store import benchmark_store
from skgraph.benchmarks.train import benchmark_train
from skgraph.errors import ConfigError
from skgraph.training.checkpoint import versions
from skgraph.verb import verb


@verb("benchmark")
def main(cfg: DictConfig) -> None:
    """Measure, print a table, and write JSON where ``out`` says."""
    config = OmegaConf.to_container(cfg, resolve=True)
    benchmark = config["benchmark"]
    what, sizes = benchmark["name"], benchmark["sizes"]
    if what == "data":
        measured = benchmark_data(_recipe(config["recipe"]), **sizes)
    elif what == "store":
        measured = benchmark_store(**sizes)
    elif what in ("flops", "train"):
        methods = benchmark["methods"]
        configs = {name: _recipe([*method["overrides"], *config["recipe"]]) for name, method in methods.items()}
        if what == "flops":
            published = {name: method.get("published", {}) for name, method in methods.items()}
            measured = benchmark_flops(configs, published, **sizes)
        else:
            measured = benchmark_train(configs, **sizes)
    else:
        raise ConfigError(f"benchmark must be data, store, flops or train, found '{what}'")
    threads = torch.get_num_threads()
    print(f"{what}: {platform.processor() or platform.machine()}, {threads} threads, torch {torch.__version__}")
    for key, value in measured.items():
        print(f"{key:<48}{value:>10.4g}")
    if config["out"]:
        record = {"benchmark": what, "measured": measured, "sizes": sizes, "threads": threads, "versions": versions()}
        Path(config["out"]).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _recipe(overrides: list[str]) -> dict[str, Any]:
    """The configuration of a pre-training."""
    return OmegaConf.to_container(compose("pretrain", overrides=[*overrides, "name=benchmark"]), resolve=True)


def _name_first(arguments: list[str]) -> list[str]:
    """``data batch=8`` reads as ``benchmark=data batch=8``."""
    if arguments and "=" not in arguments[0] and not arguments[0].startswith("-"):
        return [f"benchmark={arguments[0]}", *arguments[1:]]
    return arguments


if __name__ == "__main__":
    sys.argv[1:] = _name_first(sys.argv[1:])
    main()
