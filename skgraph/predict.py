"""Recognise actions in recordings by the encoder of a run."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.command import command, plain_config, reader_options
from skgraph._internal.files import output_folder


@command("predict", reader_options)
def main(cfg: DictConfig) -> None:
    """Learn the names of actions from labelled clips, recognise recordings, and write their timelines."""
    from skgraph.api import predict
    from skgraph.datasets.recordings import recordings_options
    from skgraph.recognition.timeline_files import is_replaceable

    config = plain_config(cfg)
    source = Path(str(config.pop("source"))).expanduser()
    out = output_folder(config.pop("out"), is_replaceable, "earlier predictions", source)
    found = predict(source=source, progress=True, **config | recordings_options(config))
    found.save(out)
    print(f"{found}\nwritten: {out}")


if __name__ == "__main__":
    main()
