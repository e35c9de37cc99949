"""Measure speed, memory, operations and accuracy on this machine: skgraph benchmark train, and others."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.errors import HydraException
from hydra.utils import get_method
from omegaconf import DictConfig

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import command, composition_error, plain_config
from skgraph._internal.files import output_file
from skgraph._internal.options import at_least, check_kinds
from skgraph.errors import ConfigError


def _name_first(arguments: list[str]) -> list[str]:
    """Turn ``data batch=8`` into ``benchmark=data batch=8``."""
    if arguments and "=" not in arguments[0] and not arguments[0].startswith("-"):
        return [f"benchmark={arguments[0]}", *arguments[1:]]
    return arguments


@command("benchmark", _name_first)
def main(cfg: DictConfig) -> None:
    """Measure, print a table, and write JSON to ``out``."""
    import torch

    from skgraph.api.pretraining import train
    from skgraph.training.checkpoint import versions

    config = plain_config(cfg)
    benchmark, recipe = config["benchmark"], config["recipe"]
    measure, sizes, methods = get_method(benchmark["_target_"]), benchmark["sizes"], benchmark.get("methods", {})
    name = measure.__name__.removeprefix("benchmark_")
    _check(measure, benchmark, config)
    named = benchmark.get("tasks", {"": ""})
    if not isinstance(named, dict):
        raise ConfigError(f"benchmark.tasks must give words of a command line to each name, found '{named}'")
    tasks = {task: str(words).split() for task, words in named.items()}
    configs = {
        f"{task}/{key}" if task else key: _pretraining([*overrides, *method["overrides"], *recipe], f"{task}/{key}")
        for task, overrides in tasks.items()
        for key, method in methods.items()
    }
    parameters = inspect.signature(measure).parameters
    measured: dict[str, float] = {}
    table = ""
    if "config" in parameters and methods:  # one method at a time
        for method, composed in configs.items():
            published = {"published": methods[method]["published"]} if "published" in parameters else {}
            found = measure(config=composed, **published, **sizes)
            measured |= {f"{method} {key}": value for key, value in found.items()}
    else:
        inputs = config | {"config": _pretraining(recipe), "configs": configs, "pretrain": train}
        found = measure(**{key: value for key, value in inputs.items() if key in parameters}, **sizes)
        measured, table = found if isinstance(found, tuple) else (found, "")
    machine = _machine()
    print(f"{name}: {machine}, torch {torch.__version__}")
    print(table or "\n".join(f"{key:<48}{value:>10.4g}" for key, value in measured.items()))
    if config["out"]:
        record = {
            "benchmark": name,
            "measured": measured,
            "sizes": sizes,
            "device": machine,
            "versions": versions(),
            "command": shlex.join(["python", *sys.orig_argv[1:]]),
            "date": str(date.today()),
        }
        with atomic_file(Path(config["out"]), "w") as file:
            file.write(json.dumps(record, indent=2) + "\n")


def _check(measure: Callable[..., object], benchmark: dict[str, Any], config: dict[str, Any]) -> None:
    """Refuse options that would only fail after minutes of measuring."""
    sizes, recipe, profiles = benchmark["sizes"], config["recipe"], config["profiles"]
    parameters = inspect.signature(measure).parameters
    if not isinstance(sizes, dict) or (unknown := sizes.keys() - parameters.keys()):
        raise ConfigError(f"benchmark.sizes has no {', '.join(unknown) if isinstance(sizes, dict) else sizes}")
    check_kinds(measure, sizes, "benchmark.sizes")
    check_kinds(measure, {key: value for key, value in config.items() if key in parameters})
    at_least("benchmark.sizes", 1, **{key: value for key, value in sizes.items() if isinstance(value, int)})
    if (reference := sizes.get("reference")) is not None and reference not in benchmark["methods"]:
        expected = ", ".join(benchmark["methods"])
        raise ConfigError(f"benchmark.sizes.reference must be one of {expected}, found '{reference}'")
    if not isinstance(recipe, list) or not all(isinstance(word, str) for word in recipe):
        raise ConfigError(f"recipe must be a list of overrides, such as \"['dataset=store']\", found '{recipe}'")
    if recipe and not {"config", "configs"} & parameters.keys():
        name = measure.__name__.removeprefix("benchmark_")
        raise ConfigError(f"recipe is for pre-trainings, of which the benchmark {name} measures none, found {recipe}")
    if profiles is not None and ("profiles" not in parameters or not Path(str(profiles)).is_dir()):
        raise ConfigError(f"profiles must be a folder that exists, for the benchmark train, found '{profiles}'")
    if config["out"] is not None:
        output_file("out", config["out"], (".json",))


def _machine() -> str:
    """Name the GPU, or the processor and the number of threads in use."""
    import platform

    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {torch.get_num_threads()} threads"


def _pretraining(overrides: list[str], where: str = "recipe") -> dict[str, Any]:
    """Compose the configuration of a pre-training; ``where`` names it in errors."""
    try:
        return plain_config(compose("pretrain", overrides=[*overrides, "name=benchmark"]))
    except HydraException as error:
        raise ConfigError(f"{where.strip('/')}: {composition_error(error)}") from error


if __name__ == "__main__":
    main()
