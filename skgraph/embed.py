"""Encode recordings, and write their features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.files import output_file
from skgraph._internal.options import check_kinds
from skgraph._internal.text import count, csv_text
from skgraph.errors import ConfigError


@command("embed")
def main(cfg: DictConfig) -> None:
    """Encode recordings by the encoder of a run, and write their features."""
    from skgraph.evaluation import PretrainedRun
    from skgraph.evaluation.embedding import embed
    from skgraph.evaluation.pretrained import preprocessing_note
    from skgraph.run_page.feature_map import feature_map

    config = plain_config(cfg)
    source = Path(str(config.pop("source")))
    out = output_file("out", config.pop("out"), (".npz",), source)
    run = PretrainedRun.open(config.pop("run"))
    k, draws_map = config.pop("neighbours"), config.pop("map")
    if type(k) is not int or k < 0 or type(draws_map) is not bool:
        raise ConfigError(f"neighbours must be a number, and map true or false, found {k} and {draws_map}")
    check_kinds(embed, config, "embed")
    features = embed(run, source, progress=True, **config)
    rows = features.neighbours(k) if k else []
    names = features.recording.tolist()
    figure = feature_map(features.x.flatten(1), [""] * len(names), names, "recordings") if draws_map else None
    features.save(out, run=str(run.folder), step=run.step)
    bodies = len({*zip(features.recording.tolist(), features.body.tolist(), strict=True)})
    encoded = count(bodies, "recording" if features.level == "clip" else "body")
    print(f"{features.level} features {list(features.x.shape)} of {encoded}")
    for note in (run.topology_note(features.topology), preprocessing_note(run.preprocessing, features.preprocessing)):
        if note:
            print(note)
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
