"""``python -m skgraph.view SOURCE``: skeletons in a page that opens in any browser."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph.atomic import atomic_file
from skgraph.data import SkeletonStore
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.pretrained import folder_of_run
from skgraph.inspection.source import open_source
from skgraph.inspection.text import count, few, plain
from skgraph.values import at_least, check_kinds
from skgraph.verb import verb, words_as_list
from skgraph.viewer import clip_of_store, page
from skgraph.viewer.known import run_layers


@verb("view")
def main(cfg: DictConfig) -> None:
    """Write one page that shows some clips of a source."""
    config = OmegaConf.to_container(cfg, resolve=True)
    sources = config["source"] if isinstance(config["source"], list) else [config["source"]]
    if len(sources) != 1:
        raise ConfigError(f"view takes one store, file or folder, found {len(sources)}: {', '.join(map(str, sources))}")
    source, out = Path(str(sources[0])).expanduser(), Path(str(config["out"]))
    if out.suffix != ".html" or not out.absolute().parent.is_dir() or (out.exists() and not out.is_file()):
        raise ConfigError(f"out must be a file that ends in .html, in a folder that exists, found '{out}'")
    if source.resolve() in (out.resolve(), *out.resolve().parents):
        raise ConfigError(f"out={out} would write into the source '{source}'")
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
        frames = count(sum(clip.joints.shape[1] for clip in clips), "frame")
        about = f"{count(len(clips), 'clip')} of {source.name}, {frames}, topology {store.topology.name}"
        text = page(store.topology, clips, source.stem or "skeletons", about)
    with atomic_file(out, "w") as file:
        file.write(text)
    print(f"{plain(about, 400)}\nwritten: {out} ({len(text.encode()) / 1e6:.1f} MB): open it in a browser")


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
