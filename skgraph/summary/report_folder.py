"""A report as a folder: a page, and every picture and its data as files."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from skgraph._internal.atomic import atomic_folder
from skgraph._internal.html_page import document, heading, table
from skgraph._internal.text import plain
from skgraph.summary.drawing import file_name
from skgraph.summary.render import as_html
from skgraph.summary.run_figures import RunFigures
from skgraph.summary.tables import Table

_TITLE = "skgraph: "  # with which the title of a report's page begins


def is_report(folder: Path) -> bool:
    """Whether a folder is empty, or holds a report's page and files that it links to, and nothing else."""
    if not folder.is_dir():
        return False
    page, files = folder / "index.html", [path for path in folder.rglob("*") if not path.is_dir()]
    if page not in files:
        return not any(folder.iterdir())
    text = page.read_text(encoding="utf-8", errors="replace")
    linked = {unquote(link).removeprefix("./") for link in re.findall(r'<a href="([^"]*)"', text)}
    others = {path.relative_to(folder).as_posix() for path in files if path != page}
    return f"<title>{_TITLE}" in text and others <= linked


def save_report(folder: Path, made: Sequence[Table], runs: Sequence[RunFigures], notes: Sequence[str] = ()) -> None:
    """Write ``index.html``, which holds everything, and the pictures and CSV files that it links to.

    Args:
        folder: replaced if it is there; whole or not at all. Files of several runs lie in a folder each.
        made: tables of results.
        runs: drawings of each run.
        notes: sentences to say at the top.
    """
    places = _places(runs)
    body = [f"<p>{html.escape(plain(note, 1000))}</p>" for note in notes]
    body += [as_html(one) for one in made]
    for run, place in zip(runs, places, strict=True):
        body.append(heading(str(run.folder)))
        if run.facts:
            body.append(table(None, list(run.facts.items())))
        for name, drawings in run.sections.items():
            body += [heading(name, 3), *(drawing.element(place) for drawing in drawings)]
        if run.left_out:
            left = "".join(f"<li>{html.escape(plain(text, 1000))}</li>" for text in run.left_out)
            body += [heading("Left out", 3), f'<ul class="odd">{left}</ul>']
    title = _TITLE + (runs[0].folder.absolute().name if len(runs) == 1 else "results")
    with atomic_folder(folder) as partial:
        for run, place in zip(runs, places, strict=True):
            (partial / place).mkdir(exist_ok=True)
            for drawings in run.sections.values():
                for drawing in drawings:
                    drawing.save(partial / place)
        (partial / "index.html").write_text(document(title, body), encoding="utf-8")


def _places(runs: Sequence[RunFigures]) -> list[str]:
    """The folder of each run's files, relative to the page; of a single run the page's own."""
    if len(runs) == 1:
        return [""]
    places = ["index.html/"]  # which a run may be called
    for run in runs:
        name = file_name(run.folder.absolute().name).lstrip(".") or "run"
        while f"{name}/" in places:
            name += "_"
        places.append(f"{name}/")
    return places[1:]
