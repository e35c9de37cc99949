"""Probe an encoder at each checkpoint of its run."""

from __future__ import annotations

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.options import check_kinds


@command("diagnose")
def main(cfg: DictConfig) -> None:
    """Diagnose one run; print the table and the path of the result."""
    from skgraph.build import open_store
    from skgraph.diagnosis import diagnose
    from skgraph.diagnosis.diagnosis_files import format_diagnosis, save_diagnosis
    from skgraph.evaluation.pretrained import folder_of_run
    from skgraph.training.checkpoint import read_checkpoint
    from skgraph.training.devices import choose_device

    config = plain_config(cfg)
    folder = folder_of_run(config["run"])
    options = {key: config[key] for key in ("bodies", "batch_size")}
    check_kinds(diagnose, options, "diagnose")
    dataset = config["dataset"] or read_checkpoint(folder / "checkpoint.pt")["config"].get("dataset")
    store, split = open_store(dataset, write=False)
    device = choose_device(config["device"])
    found = diagnose(folder, store, split, device, config["precision"], progress=True, **options)
    save_diagnosis(folder / "diagnosis", found)
    print(format_diagnosis(found))
    print(f"written: {folder / 'diagnosis'}")


if __name__ == "__main__":
    main()
