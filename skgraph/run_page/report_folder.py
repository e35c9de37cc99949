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
from skgraph.run_page.figure import RunFigure
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


def save_report(
    folder: Path,
    tables: Sequence[Table],
    runs: Sequence[RunSection],
    notes: Sequence[str] = (),
    compared: Sequence[RunFigure] = (),
) -> None:
    """Write ``index.html``, which is self-contained, and the figures and CSV files that it links to.

    The folder is replaced if it exists, and has a folder for each of several runs, whose figures of one kind stand
    beside each other below those that compare them. Notes stand at the top of the page.
    """
    folders = _folders(runs, [file for figure in compared for file in figure.files])
    names = run_names([run.folder for run in runs]) if len(runs) > 1 else [""] * len(runs)
    sections = {"Runs compared": [("", "", figure) for figure in compared]} if compared else {}
    for heading in dict.fromkeys(heading for run in runs for heading in run.figures):
        of_runs = zip(folders, names, runs, strict=True)
        sections[heading] = [(place, name, one) for place, name, run in of_runs for one in run.figures.get(heading, [])]
    topics = dict.fromkeys(topic for run in runs for topic in run.summary)
    page = render_page(
        "run_page/report.html",
        title=plain(_TITLE + (runs[0].folder.absolute().name if len(runs) == 1 else "results")),
        notes=notes,
        tables=tables,
        text_columns=len(ROW_HEADER),
        runs=runs,
        summary_header=["", *names] if len(runs) > 1 else [],
        summary=[[topic, *(run.summary.get(topic, "") for run in runs)] for topic in topics],
        sections=sections,
        left_out=[(name, reason) for name, run in zip(names, runs, strict=True) for reason in run.left_out],
    )
    with atomic_folder(folder) as partial:
        for figure in compared:
            figure.save(partial)
        for run, name in zip(runs, folders, strict=True):
            (partial / name).mkdir(exist_ok=True)
            for figures in run.figures.values():
                for figure in figures:
                    figure.save(partial / name)
        (partial / "index.html").write_text(page, encoding="utf-8")


def run_names(folders: Sequence[Path]) -> list[str]:
    """Return names of runs: those of their folders, or their paths where two folders have the same name."""
    names = [folder.absolute().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def _folders(runs: Sequence[RunSection], files: Sequence[str]) -> list[str]:
    """Return the folder of each run's files, relative to the page; for a single run the page's own.

    Names of the page and of ``files`` are reserved: a run may have such a name.
    """
    if len(runs) == 1:
        return [""]
    folders = [f"{file}/" for file in ("index.html", *files)]
    reserved = len(folders)
    for run in runs:
        name = file_name(run.folder.absolute().name).lstrip(".") or "run"
        while f"{name}/" in folders:
            name += "_"
        folders.append(f"{name}/")
    return folders[reserved:]
