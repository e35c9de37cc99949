"""``python -m skgraph.evaluate``: what a frozen encoder knows, beside a random one of the same shape."""

from __future__ import annotations

from pathlib import Path

import yaml
from omegaconf import DictConfig, OmegaConf

from skgraph.build import open_store
from skgraph.errors import ConfigError
from skgraph.evaluation import Protocol
from skgraph.evaluation.compare import compare, table
from skgraph.training.devices import choose_device
from skgraph.verb import verb


@verb("evaluate")
def main(cfg: DictConfig) -> None:
    """Evaluate one run by one protocol; print the table and say where the result lies."""
    config = OmegaConf.to_container(cfg, resolve=True)
    folder = Path(config["run"])
    run = read_run_config(folder)
    store, split = open_store(config["dataset"] or run["dataset"])
    protocol = Protocol(config["protocol"]["name"], config["protocol"]["options"])
    cards = compare(
        folder, run, store, split, [protocol], choose_device(config["device"]), config["precision"], config["crop"],
        config["bodies"], config["batch_size"],
    )  # fmt: skip
    print(table(cards, store, split))
    print(f"written: {folder / 'evaluation' / f'{protocol.name}_{store.path.name}_{split}'}")


def read_run_config(folder: Path) -> dict:
    """The configuration that a run folder was trained with.

    Raises:
        ConfigError: the folder is not a run's.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise ConfigError(f"'{folder}' is not a run: expected config.yaml in it, written by skgraph.pretrain")
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"'{path}' is not readable YAML: {error}") from error
    if not isinstance(config, dict) or (missing := {"encoder", "dataset", "frames", "seed"} - set(config)):
        raise ConfigError(f"'{path}' is not a run's configuration: it lacks {', '.join(sorted(missing))}")
    return config


if __name__ == "__main__":
    main()
