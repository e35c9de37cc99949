"""Make a store from raw files: `python -m skgraph.prepare dataset=npz source=FILE.npz topology=NAME out=FOLDER`."""

from __future__ import annotations

import time

from hydra.utils import instantiate
from omegaconf import DictConfig

from skgraph.datasets.report import report
from skgraph.verb import verb


@verb("prepare/prepare")
def main(cfg: DictConfig) -> None:
    """Read a dataset, write its store, print what is in it."""
    started = time.perf_counter()
    # Called here and not by `instantiate`, which wraps what its targets raise.
    raw = instantiate(cfg.read, _partial_=True, _convert_="all")()
    written = instantiate(cfg.write, _partial_=True, _convert_="all")(raw)
    print(report(written, time.perf_counter() - started))


if __name__ == "__main__":
    main()
