"""``python -m skgraph.evaluate``: what a frozen encoder knows, beside a random one of the same shape."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph.build import open_store
from skgraph.errors import ConfigError
from skgraph.evaluation import Protocol
from skgraph.evaluation.compare import compare, result_folder, table
from skgraph.training.checkpoint import read_checkpoint
from skgraph.training.devices import choose_device
from skgraph.verb import verb


@verb("evaluate")
def main(cfg: DictConfig) -> None:
    """Evaluate one run by one protocol; print the table and say where the result lies."""
    config = OmegaConf.to_container(cfg, resolve=True)
    folder = Path(str(config["run"]))
    for key, kinds, what in (("crop", (int, float), "a proportion"), ("batch_size", int, "a whole number above 0")):
        if not isinstance(config[key], kinds) or isinstance(config[key], bool) or config[key] <= 0:
            raise ConfigError(f"{key} must be {what}, found '{config[key]}'")
    protocol = Protocol(config["protocol"]["name"], config["protocol"]["options"])
    dataset = config["dataset"] or read_checkpoint(folder / "checkpoint.pt")["config"].get("dataset")
    store, split = open_store(dataset)
    cards = compare(
        folder, store, split, [protocol], choose_device(config["device"]), config["precision"], config["crop"],
        config["bodies"], config["batch_size"],
    )  # fmt: skip
    print(table(cards, store, split))
    print(f"written: {result_folder(folder, protocol, store, split, config['crop'], config['bodies'])}")


if __name__ == "__main__":
    main()
