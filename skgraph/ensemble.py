"""``python -m skgraph.ensemble``: the fusion of evaluations, such as those of the joint, bone and motion stream."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph._internal.command import verb
from skgraph.evaluation.ensemble import ensemble, ensemble_folder, ensemble_table, save_ensemble


@verb("ensemble")
def main(cfg: DictConfig) -> None:
    """Fuse the scores of evaluations; print the table and say where the result lies."""
    config = OmegaConf.to_container(cfg, resolve=True)
    result = ensemble(config["scores"], config["weights"])
    folder = Path(str(config["out"])) if config["out"] is not None else ensemble_folder(result)
    print(ensemble_table(result))
    save_ensemble(result, folder)
    print(f"written: {folder}")


if __name__ == "__main__":
    main()
