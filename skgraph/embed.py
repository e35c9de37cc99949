"""Encode recordings, and write their features."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config
from skgraph._internal.files import output_file
from skgraph._internal.options import check_kinds
from skgraph._internal.text import count


@command("embed")
def main(cfg: DictConfig) -> None:
    """Encode recordings by the encoder of a run, and write their features."""
    from skgraph.evaluation import PretrainedRun
    from skgraph.evaluation.embedding import embed
    from skgraph.evaluation.pretrained import preprocessing_note

    config = plain_config(cfg)
    source = Path(str(config.pop("source")))
    out = output_file("out", config.pop("out"), (".npz",), source)
    run = PretrainedRun.open(config.pop("run"))
    check_kinds(embed, config, "embed")
    features = embed(run, source, progress=True, **config)
    features.save(out, run=str(run.folder), step=run.step)
    bodies = len({*zip(features.recording.tolist(), features.body.tolist(), strict=True)})
    encoded = count(bodies, "recording" if features.level == "clip" else "body")
    print(f"{features.level} features {list(features.x.shape)} of {encoded}")
    for note in (run.topology_note(features.topology), preprocessing_note(run.preprocessing, features.preprocessing)):
        if note:
            print(note)
    print(f"written: {out}")


if __name__ == "__main__":
    main()
