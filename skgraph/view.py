"""``python -m skgraph.view SOURCE``: skeletons in a page that opens in any browser, or as a GIF or MP4."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import verb, words_as_list
from skgraph._internal.options import at_least, check_kinds
from skgraph._internal.output_file import output_file
from skgraph._internal.text import count, few, plain
from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.pretrained import folder_of_run
from skgraph.inspection.source import open_source
from skgraph.viewer import ViewedClip, animate, clip_of_store, page, predicted_segments
from skgraph.viewer.animation import FORMATS
from skgraph.viewer.run_layers import run_layers


@verb("view")
def main(cfg: DictConfig) -> None:
    """Write one file that shows some clips of a source."""
    config = OmegaConf.to_container(cfg, resolve=True)
    sources = config["source"] if isinstance(config["source"], list) else [config["source"]]
    if len(sources) != 1:
        raise ConfigError(f"view takes one store, file or folder, found {len(sources)}: {', '.join(map(str, sources))}")
    source = Path(str(sources[0])).expanduser()
    out = output_file("out", config["out"], (".html", *(f".{format}" for format in FORMATS)), source)
    options = {key: config[key] for key in ("joint_map", "seed", "masks")}
    check_kinds(run_layers, options, "view")
    at_least("view", 0, seed=config["seed"])
    topology, unit = (None if config[key] is None else str(config[key]) for key in ("topology", "unit"))
    with tempfile.TemporaryDirectory() as scratch:
        store = open_source(source, topology, unit, Path(scratch) / "store")
        indices = chosen(store, config["clip"])
        clips = [clip_of_store(store, i) for i in indices]
        if config["run"] is not None:
            kinds = config["show"] if isinstance(config["show"], list) else [config["show"]]
            known = run_layers(folder_of_run(config["run"]), store, indices, [str(kind) for kind in kinds], **options)
            clips = [replace(clip, layers=layers | clip.layers) for clip, layers in zip(clips, known, strict=True)]
        if config["predictions"] is not None:
            clips = _with_predictions(clips, str(config["predictions"]))
        if config["seconds"] is not None:
            clips = [clip.during(*_seconds(config["seconds"])) for clip in clips]
        frames = count(sum(clip.joints.shape[1] for clip in clips), "frame")
        about = f"{count(len(clips), 'clip')} of {source.name}, {frames}, topology {store.topology.name}"
        colour, format = str(config["colour"]), out.suffix[1:]
        if format == "html":
            content = page(store.topology, clips, source.stem or "skeletons", about, colour).encode()
        else:
            content = animate(store.topology, clips, format, colour)
    with atomic_file(out) as file:
        file.write(content)
    print(f"{plain(about, 400)}\nwritten: {out} ({len(content) / 1e6:.1f} MB): open it in a browser")


def _with_predictions(clips: list[ViewedClip], folder: str) -> list[ViewedClip]:
    """The clips with what was recognised in them."""
    known = predicted_segments(Path(folder).expanduser())
    if missing := [clip.name for clip in clips if clip.name not in known]:
        raise DataError(
            f"predictions={folder} has nothing of clip '{plain(missing[0])}': its recordings are {few(list(known))}"
        )
    return [replace(clip, segments=known[clip.name]) for clip in clips]


def _seconds(value: object) -> tuple[float, float]:
    """First and last second of what is shown."""
    numbers = value if isinstance(value, list) else []
    good = [isinstance(x, (int, float)) and not isinstance(x, bool) for x in numbers]
    if len(numbers) != 2 or not all(good) or not 0 <= numbers[0] < numbers[1] <= 1e9:
        raise ConfigError(f"seconds must be [start,end] with 0 <= start < end, found '{value}'")
    return float(numbers[0]), float(numbers[1])


def chosen(store: SkeletonStore, wanted: object) -> list[int]:
    """Clips by name or number; the first one where none is named.

    Raises:
        DataError: a name that no clip has, or a number beyond the last.
    """
    names = {str(name): i for i, name in enumerate(store.name)}
    found = []
    for one in [0] if wanted is None else wanted if isinstance(wanted, list) else [wanted]:
        if str(one) in names:
            found.append(names[str(one)])
        elif isinstance(one, int) and not isinstance(one, bool) and 0 <= one < store.num_clips:
            found.append(one)
        else:
            raise DataError(
                f"no clip '{plain(one)}': give a name or a number from 0 to {store.num_clips - 1}; the names are "
                f"{few(list(names))}"
            )
    if not found:
        raise ConfigError("clip must name at least one clip, found []")
    return found


if __name__ == "__main__":
    sys.argv[1:] = words_as_list(sys.argv[1:], "source")
    main()
