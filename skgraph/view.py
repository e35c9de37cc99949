"""Show skeletons in a page that opens in any browser, or as a GIF or MP4."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import command, plain_config, source_arguments
from skgraph._internal.files import one_source, output_file
from skgraph._internal.options import at_least, check_kinds
from skgraph._internal.text import count, few, plain
from skgraph.errors import ConfigError, DataError

if TYPE_CHECKING:
    from skgraph.data import SkeletonStore
    from skgraph.viewer import ViewedClip


_LARGEST_VIDEO = 50_000_000  # bytes


@command("view", source_arguments)
def main(cfg: DictConfig) -> None:
    """Write one file that shows some clips of a source."""
    from skgraph.datasets.recordings import open_recordings, recordings_note, recordings_options
    from skgraph.evaluation.pretrained import folder_of_run
    from skgraph.viewer import animate, clip_of_store, viewer_page
    from skgraph.viewer.animation import FORMATS
    from skgraph.viewer.run_layers import run_layers

    config = plain_config(cfg)
    source = one_source(config["source"])
    out = output_file("out", config["out"], (".html", *(f".{format}" for format in FORMATS)), source)
    options = {key: config[key] for key in ("joint_map", "seed", "masks")}
    check_kinds(run_layers, options, "view")
    at_least("view", 0, seed=config["seed"])
    how = recordings_options(config)
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(source, Path(scratch) / "store", labelled=True, **how)
        indices = chosen_clips(store, config["clip"])
        clips = [clip_of_store(store, i) for i in indices]
        if config["run"] is not None:
            kinds = config["show"] if isinstance(config["show"], list) else [config["show"]]
            added = run_layers(folder_of_run(config["run"]), store, indices, [str(kind) for kind in kinds], **options)
            clips = [replace(clip, layers=layers | clip.layers) for clip, layers in zip(clips, added, strict=True)]
        if config["predictions"] is not None:
            clips = _with_predictions(clips, str(config["predictions"]))
        start = 0.0
        if config["seconds"] is not None:
            start, end = _seconds(config["seconds"])
            clips = [clip.during(start, end) for clip in clips]
        frames = count(sum(clip.joints.shape[1] for clip in clips), "frame")
        about = f"{count(len(clips), 'clip')} of {source.name}, {frames}, topology {store.topology.name}"
        colour, format = str(config["colour"]), out.suffix[1:]
        if format == "html":
            video = None if config["video"] is None else (_video(config["video"], store, clips), start)
            content = viewer_page(store.topology, clips, source.stem or "skeletons", about, colour, video).encode()
        else:
            content = animate(store.topology, clips, format, colour)
    with atomic_file(out) as file:
        file.write(content)
    print(recordings_note(store), plain(about, 400), sep="\n")
    print(f"written: {out} ({len(content) / 1e6:.1f} MB): open it in a browser")


def _with_predictions(clips: list[ViewedClip], folder: str) -> list[ViewedClip]:
    """Add the segments that `predict` recognised, in the clips and of their people."""
    from skgraph.viewer import read_predictions

    found = read_predictions(Path(folder).expanduser())
    if missing := [clip.name for clip in clips if clip.name not in found]:
        raise DataError(
            f"predictions={folder} has no segments of '{plain(missing[0])}': its recordings are {few(list(found))}"
        )
    return [replace(clip, **vars(found[clip.name])) for clip in clips]


def _video(value: object, store: SkeletonStore, clips: list[ViewedClip]) -> str:
    """Return the video of a clip as a data URL."""
    path = Path(str(value)).expanduser()
    if store.meta.get("units") != "px" or len(clips) != 1:
        raise ConfigError("video is for one clip in pixels: clip=NAME, and 2D keypoints read with unit=px")
    if path.suffix not in (".mp4", ".webm") or not path.is_file():
        raise ConfigError(f"video must be a file that ends in .mp4 or .webm, found '{plain(value)}'")
    if (size := path.stat().st_size) > _LARGEST_VIDEO:
        raise DataError(f"video '{path}' has {size / 1e6:.0f} MB, a page holds at most {_LARGEST_VIDEO / 1e6:.0f}")
    return f"data:video/{path.suffix[1:]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _seconds(value: object) -> tuple[float, float]:
    """Return the first and the last second to show."""
    numbers = value if isinstance(value, list) else []
    good = [isinstance(x, (int, float)) and not isinstance(x, bool) for x in numbers]
    if len(numbers) != 2 or not all(good) or not 0 <= numbers[0] < numbers[1] <= 1e9:
        raise ConfigError(f"seconds must be [start,end] with 0 <= start < end, found '{value}'")
    return float(numbers[0]), float(numbers[1])


def chosen_clips(store: SkeletonStore, wanted: object) -> list[int]:
    """Return the ids of clips by name or number; of the first clip where ``wanted`` is None.

    A DataError says that no clip has the name or the number.
    """
    names = {str(name): i for i, name in enumerate(store.name)}
    found = []
    for clip in [0] if wanted is None else wanted if isinstance(wanted, list) else [wanted]:
        if str(clip) in store.excluded:
            raise DataError(f"clip '{plain(clip)}' was left out of the store: {plain(store.excluded[str(clip)])}")
        if str(clip) in names:
            found.append(names[str(clip)])
        elif isinstance(clip, int) and not isinstance(clip, bool) and 0 <= clip < store.num_clips:
            found.append(clip)
        else:
            raise DataError(
                f"no clip '{plain(clip)}': give a name or a number from 0 to {store.num_clips - 1}; the names are "
                f"{few(list(names))}"
            )
    if not found:
        raise ConfigError("clip must name at least one clip, found []")
    return found


if __name__ == "__main__":
    main()
