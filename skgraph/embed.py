"""Encode recordings, and write their features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config, reader_options
from skgraph._internal.files import output_file
from skgraph._internal.options import check_kinds
from skgraph._internal.text import count, csv_text
from skgraph.errors import ConfigError


@command("embed", reader_options)
def main(cfg: DictConfig) -> None:
    """Encode recordings by the encoder of a run, and write their features."""
    from skgraph.datasets.recordings import recordings_options
    from skgraph.evaluation import PretrainedRun
    from skgraph.evaluation.embedding import embed
    from skgraph.evaluation.pretrained import preprocessing_note

    config = plain_config(cfg)
    source = Path(str(config.pop("source")))
    config |= recordings_options(config)
    out = output_file("out", config.pop("out"), (".npz",), source)
    run = PretrainedRun.open(config.pop("run"))
    k, draws_map = config.pop("neighbours"), config.pop("map")
    if type(k) is not int or k < 0:
        raise ConfigError(f"neighbours must be a whole number, 0 or more, found '{k}'")
    if type(draws_map) is not bool:
        raise ConfigError(f"map must be true or false, found '{draws_map}'")
    check_kinds(embed, config, "embed")
    if (k or draws_map) and (config["level"] != "clip" or config["window"] is not None):
        raise ConfigError("neighbours and map are of whole recordings: level=clip, without window")
    features = embed(run, source, progress=True, **config)
    rows = features.neighbours(k) if k else []
    figure = None
    if draws_map:
        from skgraph.run_page.feature_map import feature_map

        names = features.recording.tolist()
        figure = feature_map(features.x, [""] * len(names), names, "recordings")
    features.save(out, run=str(run.folder), step=run.step)
    bodies = len({*zip(features.recording.tolist(), features.body.tolist(), strict=True)})
    encoded = count(bodies, "recording" if features.level == "clip" else "body")
    print(features.source)
    print(f"{features.level} features {list(features.x.shape)} of {encoded}")
    notes = [run.topology_note(features.topology, config["joint_map"])]
    notes.append(preprocessing_note(run.preprocessing, features.preprocessing))
    print(*filter(None, notes), sep="\n", end="\n" if any(notes) else "")
    written = [out]
    if rows:
        written.append(out.with_name(f"{out.stem}_neighbours.csv"))
        written[-1].write_text(csv_text(rows), encoding="utf-8", errors="backslashreplace")
    if figure is not None:
        figure = replace(figure, name=f"{out.stem}_map")
        figure.save(out.parent)
        written += [out.parent / name for name in figure.files]
    print(f"written: {', '.join(map(str, written))}")


if __name__ == "__main__":
    main()
