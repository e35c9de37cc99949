"""``python -m skgraph.report runs/*``: the results of many runs as tables, with published accuracies beneath."""

from __future__ import annotations

import sys
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from skgraph.atomic import atomic_file
from skgraph.errors import ConfigError
from skgraph.reports.collection import collect
from skgraph.reports.published import read_published
from skgraph.reports.render import render
from skgraph.reports.tables import tables
from skgraph.verb import verb, words_as_list

_SUFFIXES = (".md", ".txt", ".tex", ".html")


@verb("report")
def main(cfg: DictConfig) -> None:
    """Collect results, arrange them, and print the tables or write them where ``out`` says."""
    config = OmegaConf.to_container(cfg, resolve=True)
    runs = config["runs"] if isinstance(config["runs"], list) else [config["runs"]]
    out = None if config["out"] is None else Path(str(config["out"]))
    if not isinstance(config["doubtful"], bool):
        raise ConfigError(f"doubtful must be true or false, found '{config['doubtful']}'")
    if out is not None and (out.suffix not in _SUFFIXES or not out.absolute().parent.is_dir() or out.is_dir()):
        raise ConfigError(
            f"out must be a file in a folder that exists, ending in {', '.join(_SUFFIXES)}; found '{out}'"
        )
    render([], config["format"])  # a wrong word is refused before anything is read
    results, warnings = collect(str(path) for path in runs)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    text = render(tables(results, read_published(), config["doubtful"]), config["format"])
    if out is None:
        print(text, end="")
        return
    with atomic_file(out, "w") as file:
        file.write(text)
    print(f"written: {out}")


if __name__ == "__main__":
    sys.argv[1:] = words_as_list(sys.argv[1:], "runs")
    main()
