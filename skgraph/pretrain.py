"""Train an encoder without labels, and evaluate it."""

from __future__ import annotations

import sys

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config


@command("pretrain")
def main(cfg: DictConfig) -> None:
    """Train or resume a run, and compare its encoder with a random one of the same shape."""
    from skgraph.api.pretraining import check_recipe, train

    config = plain_config(cfg)
    if HydraConfig.initialized():
        check_recipe(HydraConfig.get().runtime.choices)
    if stopped := train(config):  # a command after && must not run on an unfinished encoder
        sys.exit(128 + stopped)


if __name__ == "__main__":
    main()
