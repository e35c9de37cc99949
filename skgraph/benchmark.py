"""``python -m skgraph.benchmark train``, and others: the measurements behind every claim of speed."""

from __future__ import annotations

import inspect
import json
import platform
import shlex
import sys
from datetime import date
from pathlib import Path
from typing import Any

import torch
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import verb
from skgraph._internal.options import at_least, check_kinds
from skgraph._internal.output_file import output_file
from skgraph.benchmarks.data import benchmark_data
from skgraph.benchmarks.encode import benchmark_encode
from skgraph.benchmarks.flops import benchmark_flops
from skgraph.benchmarks.losses import benchmark_losses
from skgraph.benchmarks.parse import benchmark_parse
from skgraph.benchmarks.probes import benchmark_probes
from skgraph.benchmarks.programs import benchmark_programs
from skgraph.benchmarks.scaling import benchmark_scaling
from skgraph.benchmarks.store import benchmark_store
from skgraph.benchmarks.train import benchmark_train
from skgraph.errors import ConfigError
from skgraph.training.checkpoint import versions

_BENCHMARKS = {
    "data": benchmark_data,
    "store": benchmark_store,
    "flops": benchmark_flops,
    "train": benchmark_train,
    "encode": benchmark_encode,
    "scaling": benchmark_scaling,
    "probes": benchmark_probes,
    "parse": benchmark_parse,
    "programs": benchmark_programs,
    "losses": benchmark_losses,
}


@verb("benchmark")
def main(cfg: DictConfig) -> None:
    """Measure, print a table, and write JSON where ``out`` says."""
    config = OmegaConf.to_container(cfg, resolve=True)
    benchmark, recipe = config["benchmark"], config["recipe"]
    what, sizes, methods = benchmark["name"], benchmark["sizes"], benchmark.get("methods", {})
    _check(what, sizes, recipe, config["out"], config["profiles"])
    configs = {name: _pretraining([*method["overrides"], *recipe]) for name, method in methods.items()}
    if what == "data":
        measured = benchmark_data(_pretraining(recipe), **sizes)
    elif what in ("store", "probes", "parse"):
        measured = _BENCHMARKS[what](**sizes)
    elif what == "flops":
        published = {name: method.get("published", {}) for name, method in methods.items()}
        measured = benchmark_flops(configs, published, **sizes)
    elif what == "train":
        measured = benchmark_train(configs, **sizes, profiles=config["profiles"])
    else:
        measured = _BENCHMARKS[what](configs, **sizes)
    machine = _machine()
    print(f"{what}: {machine}, torch {torch.__version__}")
    for key, value in measured.items():
        print(f"{key:<48}{value:>10.4g}")
    if config["out"]:
        record = {
            "benchmark": what,
            "measured": measured,
            "sizes": sizes,
            "device": machine,
            "versions": versions(),
            "command": shlex.join(["python", "-m", "skgraph.benchmark", *sys.argv[1:]]),
            "date": str(date.today()),
        }
        with atomic_file(Path(config["out"]), "w") as file:
            file.write(json.dumps(record, indent=2) + "\n")


def _machine() -> str:
    """What computes: the GPU, or the processor and how many of its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {torch.get_num_threads()} threads"


def _check(what: str, sizes: Any, recipe: Any, out: Any, profiles: Any) -> None:
    """Refuse what would only fail after minutes of measuring."""
    if what not in _BENCHMARKS:
        raise ConfigError(f"benchmark must be one of {', '.join(_BENCHMARKS)}, found '{what}'")
    known = inspect.signature(_BENCHMARKS[what]).parameters
    if not isinstance(sizes, dict) or (unknown := sizes.keys() - known.keys()):
        raise ConfigError(f"benchmark.sizes has no {', '.join(unknown) if isinstance(sizes, dict) else sizes}")
    check_kinds(_BENCHMARKS[what], sizes, "benchmark.sizes")
    at_least("benchmark.sizes", 1, **{key: value for key, value in sizes.items() if isinstance(value, int)})
    if not isinstance(recipe, list) or not all(isinstance(word, str) for word in recipe):
        raise ConfigError(f"recipe must be a list of overrides, such as \"['dataset=store']\", found '{recipe}'")
    if profiles is not None and (what != "train" or not Path(str(profiles)).is_dir()):
        raise ConfigError(f"profiles must be a folder that exists, for the benchmark train, found '{profiles}'")
    if out is not None:
        output_file("out", out, (".json",))


def _pretraining(overrides: list[str]) -> dict[str, Any]:
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
