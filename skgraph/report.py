"""Collect results in tables beside published accuracies, or in a page with figures of each run."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import command, plain_config, words_as_list
from skgraph._internal.files import output_file, output_folder
from skgraph._internal.options import at_least, check_kinds
from skgraph.errors import ConfigError, DataError

_SUFFIXES = (".md", ".txt", ".tex")


@command("report", functools.partial(words_as_list, key="runs"))
def main(cfg: DictConfig) -> None:
    """Print the tables, or write them to ``out``; ``format=html`` writes a folder with a page and figures."""
    from skgraph.api import report
    from skgraph.result_tables.tables import arrange_results
    from skgraph.run_page.run_section import draw_run

    config = plain_config(cfg)
    runs = [str(path) for path in (config["runs"] if isinstance(config["runs"], list) else [config["runs"]])]
    check_kinds(arrange_results, {"doubtful": config["doubtful"]})
    check_kinds(draw_run, {"seed": config["seed"], "device": config["device"]}, "report")
    at_least("report", 0, seed=config["seed"])
    if config["seed"] >= 2**32:
        raise ConfigError(f"report: seed must be below 2 ** 32, found {config['seed']}")
    if config["format"] not in ("markdown", "latex", "html"):
        raise ConfigError(f"format must be one of markdown, latex, html, found '{config['format']}'")
    if config["format"] == "html":
        _html(config, runs)
        return
    out = None if config["out"] is None else output_file("out", config["out"], _SUFFIXES)
    found = report(runs, config["doubtful"])
    _warn(found.warnings)
    text = found.format(config["format"])
    if out is None:
        print(text, end="")
        return
    with atomic_file(out, "w") as file:
        file.write(text)
    print(f"written: {out}")


def _html(config: dict[str, Any], runs: list[str]) -> None:
    """Draw the runs, and write the folder with the page."""
    from tqdm.auto import tqdm

    from skgraph.result_tables.collection import collect
    from skgraph.result_tables.published import read_published
    from skgraph.result_tables.tables import arrange_results
    from skgraph.run_page.report_folder import is_report, run_names, save_report
    from skgraph.run_page.run_section import draw_run, find_runs
    from skgraph.run_page.training_curves import compared_curves

    for path in runs:
        if not Path(path).exists():
            raise DataError(f"'{path}' does not exist: expected the folder of a run, an evaluation or an ensemble")
    folders = find_runs([Path(path) for path in runs])
    default = folders[0] / "report" if len(folders) == 1 else "report"
    out = output_folder(default if config["out"] is None else config["out"], is_report, "an earlier report")
    try:
        results, notes = collect(runs)
    except DataError as error:
        if not folders:
            raise DataError(f"no run with the log of its training (metrics.jsonl), and {error}") from error
        results, notes = [], [str(error)]
    drawn = [
        draw_run(folder, config["dataset"], config["clip"], str(config["device"]), config["seed"])
        for folder in tqdm(folders, desc="drawing", disable=None, leave=False)
    ]
    _warn([*notes, *(f"left out of '{run.folder}': {text}" for run in drawn for text in run.left_out)])
    compared = compared_curves(dict(zip(run_names(folders), folders, strict=True))) if len(folders) > 1 else []
    save_report(out, arrange_results(results, read_published(), config["doubtful"]), drawn, notes, compared)
    print(f"written: {out / 'index.html'}: open it in a browser")


def _warn(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"warning: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    main()
