"""A report as a folder: a page, and every picture and its data as files."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from skgraph.atomic import atomic_folder
from skgraph.html_page import document, heading, table
from skgraph.reports.render import as_html
from skgraph.reports.run_figures import RunFigures
from skgraph.reports.tables import Table
from skgraph.text import plain

_OWN = {".svg", ".gif", ".csv"}


def is_report(folder: Path) -> bool:
    """Whether a folder is empty, or holds what :func:`save_report` writes and nothing else."""
    if not folder.is_dir():
        return False
    page, files = folder / "index.html", [path for path in folder.rglob("*") if not path.is_dir()]
    own = page in files and all(path == page or path.suffix in _OWN for path in files)
    return own or not any(folder.iterdir())


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
    title = f"skgraph: {runs[0].folder.name}" if len(runs) == 1 else "skgraph: results"
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
    places: list[str] = []
    for run in runs:
        name = re.sub(r"[^\w.+-]", "_", run.folder.absolute().name)[:80].lstrip(".") or "run"
        while f"{name}/" in places:
            name += "_"
        places.append(f"{name}/")
    return places
