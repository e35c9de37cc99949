"""Recognise actions in recordings by the encoder of a run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config, reader_options
from skgraph._internal.files import output_folder
from skgraph._internal.options import check_kinds
from skgraph.errors import ConfigError


@command("predict", reader_options)
def main(cfg: DictConfig) -> None:
    """Learn the names of actions from labelled clips, recognise recordings, and write their timelines."""
    from skgraph.build import open_store
    from skgraph.datasets.recordings import open_recordings, recordings_note, recordings_options
    from skgraph.evaluation.pretrained import PretrainedRun, preprocessing_note
    from skgraph.recognition import Recogniser, timelines
    from skgraph.recognition.timeline_files import format_timelines, is_replaceable, save_timelines
    from skgraph.training.devices import choose_device

    config = plain_config(cfg)
    source = Path(str(config["source"])).expanduser()
    out = output_folder(config["out"], is_replaceable, "earlier predictions", source)
    options = {
        key: config[key] for key in ("people", "window", "stride", "smooth", "shortest", "threshold", "joint_map")
    }
    check_kinds(timelines, options, "predict")
    how = recordings_options(config)
    fit = {"c": config["c"], "pool": config["pool"] or "mean", "bodies": config["bodies"] or "present"}
    check_kinds(Recogniser.fit, fit, "predict")
    run = PretrainedRun.open(config["run"])
    device = choose_device(config["device"])
    head = None if config["learn_from"] else run.head  # of a model that was exported with it
    for key in ("pool", "bodies") if head is not None else ():
        if config[key] not in (None, own := getattr(head, key)):
            raise ConfigError(f"{key}={config[key]}: the head of '{run.folder}' takes {key}={own}")
    labelled = (
        None
        if head is not None
        else open_store(
            run.config["dataset"] if config["learn_from"] is None else {"root": config["learn_from"]},
            write=False,
            advice="learn_from=FOLDER",
        )
    )
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(source, Path(scratch) / "store", default_topology=run.topology, **how)
        if labelled is None:
            recogniser, learned = Recogniser.load(run, device, config["precision"]), str(run.folder)
        else:
            recogniser = Recogniser.fit(run, *labelled, device, config["precision"], progress=True, **fit)
            learned = str(labelled[0].path)
        found = timelines(recogniser, store, progress=True, **options)
        save_timelines(out, found, run=str(run.folder), step=run.step, learned_from=learned, **options)
        notes: list[str | None] = [recordings_note(store)]
        notes.append(preprocessing_note(run.preprocessing, str(store.meta.get("preprocessing", "none"))))
        notes.append(run.topology_note(store.topology.name, options["joint_map"]))
    print("\n".join([format_timelines(found), *filter(None, notes)]))
    print(f"written: {out}")


if __name__ == "__main__":
    main()
