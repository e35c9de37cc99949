"""Survey a dataset: its statistics and its problems."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from omegaconf import DictConfig

from skgraph._internal.atomic import atomic_file
from skgraph._internal.command import command, plain_config, source_arguments
from skgraph._internal.files import one_source, output_file
from skgraph._internal.options import at_least, check_kinds


@command("inspect", source_arguments)
def main(cfg: DictConfig) -> None:
    """Read all of a dataset once, print the summary, and write the page."""
    from skgraph.datasets.recordings import open_recordings, recordings_options
    from skgraph.inspection.page import survey_page
    from skgraph.inspection.problems import find_problems
    from skgraph.inspection.survey import survey_store
    from skgraph.inspection.text_summary import format_survey

    config = plain_config(cfg)
    source = one_source(config["source"])
    name = (source.resolve().stem if source.is_file() else source.resolve().name) or "dataset"
    if config["html"] == "auto":
        config["html"] = "inspect_" + re.sub(r"[^\w.+-]", "_", name) + ".html"
    html, out = (
        None if config[key] is None else output_file(key, config[key], (f".{key}",), source) for key in ("html", "json")
    )
    limits = {key: config[key] for key in ("jump", "frozen", "near")}
    check_kinds(survey_store, limits, "inspect")
    at_least("inspect", 0, **limits)
    how = recordings_options(config)
    with tempfile.TemporaryDirectory() as scratch:
        store = open_recordings(source, Path(scratch) / "store", labelled=True, **how)
        survey = survey_store(store, progress=True, **limits)
        problems = find_problems(survey)
        print(format_survey(survey, problems, colour=sys.stdout.isatty()))
        if out is not None:
            statistics = {"source": str(source), **survey.to_dict(), "problems": [str(problem) for problem in problems]}
            with atomic_file(out, "w") as file:
                json.dump(statistics, file, indent=1, allow_nan=False)
        if html is not None:
            text = survey_page(survey, name, problems)
            with atomic_file(html, "w") as file:
                file.write(text)
    for path in (out, html):
        if path is not None:
            print(f"written: {path}")


if __name__ == "__main__":
    main()
