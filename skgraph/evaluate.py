"""Evaluate an encoder by one protocol, beside a random one of the same shape."""

from __future__ import annotations

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config


@command("evaluate")
def main(cfg: DictConfig) -> None:
    """Evaluate one run by one protocol; print the table and the path of the result."""
    from dataclasses import fields

    from skgraph._internal.distributed import process_group
    from skgraph.build import open_store
    from skgraph.evaluation import Settings, build_protocol, compare
    from skgraph.evaluation.pretrained import PretrainedRun
    from skgraph.evaluation.results.format_results import format_results
    from skgraph.evaluation.results.result_folder import result_folder
    from skgraph.training.devices import choose_device

    config = plain_config(cfg)
    run = PretrainedRun.open(config["run"])
    settings = Settings(**{field.name: config[field.name] for field in fields(Settings)})
    protocol = build_protocol(config["protocol"])
    store, split = open_store(config["dataset"] or run.config["dataset"], write=False)
    device = choose_device(config["device"])
    with process_group(device) as processes:
        results = compare(run, store, split, [protocol], device, config["precision"], settings, processes)
        if processes.is_main:
            print(format_results(results))
            if note := run.topology_note(store.topology.name, settings.joint_map):
                print(note)
            print(f"written: {result_folder(run.folder, protocol, store, split, settings)}")


if __name__ == "__main__":
    main()
