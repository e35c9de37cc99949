"""``python -m skgraph.inspect STORE_OR_FILE``: what is in a dataset, and what may be wrong with it."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import verb, words_as_list
from skgraph._internal.options import at_least, check_kinds
from skgraph._internal.output_file import output_file
from skgraph.errors import ConfigError
from skgraph.inspection.page import page
from skgraph.inspection.problems import problems
from skgraph.inspection.source import open_source
from skgraph.inspection.survey import survey
from skgraph.inspection.text_summary import table


@verb("inspect")
def main(cfg: DictConfig) -> None:
    """Read all of a dataset once, print what is in it, and write the page."""
    config = OmegaConf.to_container(cfg, resolve=True)
    source = Path(_one(config["source"])).expanduser()
    name = (source.resolve().stem if source.is_file() else source.resolve().name) or "dataset"
    own = "inspect_" + re.sub(r"[^\w.+-]", "_", name) + ".html"
    places = {"html": own if config["html"] == "auto" else config["html"], "json": config["json"]}
    html, out = (
        None if value is None else output_file(key, value, (f".{key}",), source) for key, value in places.items()
    )
    limits = {key: config[key] for key in ("jump", "frozen", "near")}
    check_kinds(survey, limits, "inspect")
    at_least("inspect", 0, **limits)
    topology, unit = (None if config[key] is None else str(config[key]) for key in ("topology", "unit"))
    with tempfile.TemporaryDirectory() as scratch:
        store = open_source(source, topology, unit, Path(scratch) / "store")
        surveyed = survey(store, progress=True, **limits)
        found = problems(surveyed)
        print(table(surveyed, found, colour=sys.stdout.isatty()))
        if out is not None:
            figures = {"source": str(source), **surveyed.to_dict(), "problems": [str(problem) for problem in found]}
            with atomic_file(out, "w") as file:
                json.dump(figures, file, indent=1, allow_nan=False)
        if html is not None:
            text = page(surveyed, name, found)
            with atomic_file(html, "w") as file:
                file.write(text)
    for path in (out, html):
        if path is not None:
            print(f"written: {path}")


def _one(source: object) -> str:
    """The one source of a command line."""
    sources = source if isinstance(source, list) else [source]
    if len(sources) != 1:
        found = ", ".join(map(str, sources))
        raise ConfigError(f"inspect takes one store, file or folder, found {len(sources)}: {found}")
    return str(sources[0])


if __name__ == "__main__":
    sys.argv[1:] = words_as_list(sys.argv[1:], "source")
    main()
