"""Fuse the scores of evaluations, such as those of the joint, bone and motion stream."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config


@command("ensemble")
def main(cfg: DictConfig) -> None:
    """Fuse the scores of evaluations; print the table and the path of the result."""
    from skgraph.evaluation.ensemble.fusion import ensemble_folder, format_ensemble, fuse_results, save_ensemble

    config = plain_config(cfg)
    ensemble = fuse_results(config["scores"], config["weights"])
    folder = Path(str(config["out"])) if config["out"] is not None else ensemble_folder(ensemble)
    print(format_ensemble(ensemble))
    save_ensemble(ensemble, folder)
    print(f"written: {folder}")


if __name__ == "__main__":
    main()
