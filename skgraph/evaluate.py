"""Evaluate an encoder by one protocol, beside a random one of the same shape."""

from __future__ import annotations

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config


@command("evaluate")
def main(cfg: DictConfig) -> None:
    """Evaluate one run by one protocol; print the table and the path of the result."""
    from skgraph._internal.distributed import process_group
    from skgraph.api import evaluate
    from skgraph.evaluation import PretrainedRun
    from skgraph.evaluation.results.format_results import format_results
    from skgraph.training.devices import choose_device

    config = plain_config(cfg)
    run = PretrainedRun.open(config.pop("run"))
    with process_group(choose_device(config["device"])) as processes:
        result = evaluate(run, **config, processes=processes)
        if processes.is_main:
            print(format_results([result]))
            if note := run.topology_note(result.dataset.topology, result.joint_map):
                print(note)
            assert result.path is not None
            print(f"written: {result.path.parent}")


if __name__ == "__main__":
    main()
