"""Recognise actions in recordings by the encoder of a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.files import output_folder
from skgraph._internal.options import check_kinds
from skgraph.errors import ConfigError


@command("predict")
def main(cfg: DictConfig) -> None:
    """Learn the names of actions from labelled clips, recognise recordings, and write their timelines."""
    from skgraph.build import open_store
    from skgraph.datasets.recordings import open_recordings
    from skgraph.evaluation.pretrained import PretrainedRun, preprocessing_note
    from skgraph.recognition import Recogniser, timelines
    from skgraph.recognition.timeline_files import format_timelines, is_replaceable, save_timelines
    from skgraph.topology import Topology
    from skgraph.training.devices import choose_device

    config = plain_config(cfg)
    source = Path(str(config["source"])).expanduser()
    out = output_folder(config["out"], is_replaceable, "earlier predictions", source)
    options = {key: config[key] for key in ("window", "stride", "smooth", "shortest", "threshold", "joint_map")}
    check_kinds(timelines, options, "predict")
    check_kinds(open_recordings, {"fps": config["fps"]}, "predict")
    fit = {"c": config["c"], "pool": config["pool"] or "mean", "bodies": config["bodies"] or "present"}
    check_kinds(Recogniser.fit, fit, "predict")
    run = PretrainedRun.open(config["run"])
    device = choose_device(config["device"])
    head = None if config["dataset"] else run.head  # of a model that was exported with it
    for key in ("pool", "bodies") if head is not None else ():
        if config[key] not in (None, own := getattr(head, key)):
            raise ConfigError(f"{key}={config[key]}: the head of '{run.folder}' takes {key}={own}")
    labelled = None if head is not None else open_store(config["dataset"] or run.config["dataset"], write=False)
    topology = run.topology if config["topology"] is None else Topology.load(str(config["topology"]))
    unit = None if config["unit"] is None else str(config["unit"])
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(
            source, topology, unit, Path(scratch) / "store", config["check_height"], fps=config["fps"]
        )
        if labelled is None:
            recogniser, learned = Recogniser.load(run, device, config["precision"]), str(run.folder)
        else:
            recogniser = Recogniser.fit(run, *labelled, device, config["precision"], progress=True, **fit)
            learned = str(labelled[0].path)
        found = timelines(recogniser, store, progress=True, **options)
        save_timelines(out, found, run=str(run.folder), step=run.step, learned_from=learned, **options)
        notes = [preprocessing_note(run.preprocessing, str(store.meta.get("preprocessing", "none")))]
        notes.append(run.topology_note(store.topology.name, options["joint_map"]))
    print("\n".join([format_timelines(found), *filter(None, notes)]))
    print(f"written: {out}")


if __name__ == "__main__":
    main()
