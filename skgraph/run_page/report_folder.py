"""The folder of a report: a page, and every figure with its data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.html_page import render_page
from skgraph._internal.text import file_name, plain
from skgraph.result_tables.tables import ROW_HEADER, Table
from skgraph.run_page.run_section import RunSection

_TITLE = "skgraph: "  # start of the title of every report


def is_report(folder: Path) -> bool:
    """Return whether a folder holds only the page of a report and the files linked from it."""
    page, files = folder / "index.html", [path for path in folder.rglob("*") if not path.is_dir()]
    if page not in files:
        return False
    text = page.read_text(encoding="utf-8", errors="replace")
    linked = {unquote(link).removeprefix("./") for link in re.findall(r'<a href="([^"]*)"', text)}
    others = {path.relative_to(folder).as_posix() for path in files if path != page}
    return f"<title>{_TITLE}" in text and others <= linked


def save_report(folder: Path, tables: Sequence[Table], runs: Sequence[RunSection], notes: Sequence[str] = ()) -> None:
    """Write ``index.html``, which is self-contained, and the figures and CSV files that it links to.

    The folder is replaced if it exists, and has a folder for each of several runs. Notes stand at the top of the page.
    """
    folders = _folders(runs)
    page = render_page(
        "run_page/report.html",
        title=plain(_TITLE + (runs[0].folder.absolute().name if len(runs) == 1 else "results")),
        notes=notes,
        tables=tables,
        text_columns=len(ROW_HEADER),
        runs=list(zip(folders, runs, strict=True)),
    )
    with atomic_folder(folder) as partial:
        for run, name in zip(runs, folders, strict=True):
            (partial / name).mkdir(exist_ok=True)
            for figures in run.figures.values():
                for figure in figures:
                    figure.save(partial / name)
        (partial / "index.html").write_text(page, encoding="utf-8")


def _folders(runs: Sequence[RunSection]) -> list[str]:
    """Return the folder of each run's files, relative to the page; for a single run the page's own."""
    if len(runs) == 1:
        return [""]
    folders = ["index.html/"]  # reserved: a run may have this name
    for run in runs:
        name = file_name(run.folder.absolute().name).lstrip(".") or "run"
        while f"{name}/" in folders:
            name += "_"
        folders.append(f"{name}/")
    return folders[1:]
