"""Published accuracies as rows beneath a table of one's own."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from skgraph.evaluation.results.result import Result
from skgraph.result_tables.columns import Column
from skgraph.result_tables.published import TEST_CLIPS, Published

# Which published protocols a column may stand beside: the field's retrieval figure is the nearest neighbour by cosine.
_COUNTERPARTS = {
    "linear": {"linear"},
    "finetune": {"finetune"},
    "semi": {"semi"},
    "transfer": {"transfer"},
    "knn": {"knn", "retrieval"},
    "retrieval": {"knn", "retrieval"},
}


def published_rows(
    published: Sequence[Published], columns: Sequence[Column], results: Sequence[Result], doubtful: bool
) -> tuple[list[list[str]], list[str]]:
    """Published numbers for the columns of a table and the streams of its results.

    Args:
        published: those of the table's dataset and split.
        columns: of the table.
        results: of the table's own rows.
        doubtful: whether numbers are shown that should not be relied on.

    Returns:
        the rows, and the notes that belong to them.
    """
    streams = _streams(results)
    asked = [entry for entry in published if entry.stream in streams and any(_is_of(entry, c) for c in columns)]
    shown = [entry for entry in asked if doubtful or not entry.doubtful]
    methods: dict[tuple[str, str, str], list[Published]] = {}
    for entry in shown:
        methods.setdefault((entry.method, entry.venue, entry.stream), []).append(entry)
    sources: dict[str, str] = {}
    remarks: dict[str, str] = {}
    rows = []
    for (method, venue, stream), entries in methods.items():
        name = f"{method} ({venue})" if venue else method
        words = "joint + bone + motion" if stream == "three" else stream
        by_column = [[entry for entry in entries if _is_of(entry, column)] for column in columns]
        # Numbers of one method that disagree stand in rows of their own.
        for i in range(max(map(len, by_column))):
            cells = [_cell(found[i], sources, remarks) if i < len(found) else "" for found in by_column]
            rows.append([name, "", words, "published", "", "", "", *cells])
    notes = []
    data = results[0].dataset
    usual = TEST_CLIPS.get((data.name, data.split))
    if rows and usual and data.test_clips != usual:
        notes.append(f"published numbers are of {usual} test clips, these of {data.test_clips}: do not compare them")
    if rows:
        notes.append(
            "published: measured by others, each with its own recipe; a number stands in every column of its protocol"
        )
        if any(entry.protocol in ("knn", "retrieval") for entry in shown):
            notes.append("published kNN (k = 1) and retrieval are one figure: the nearest neighbour by cosine")
        notes += [f"[{mark}] {text}" for marks in (sources, remarks) for text, mark in marks.items()]
    if hidden := len(asked) - len(shown):
        notes.append(f"{hidden} doubtful published numbers are left out; doubtful=true shows them")
    return rows, notes


def _streams(results: Sequence[Result]) -> set[str]:
    """Return the published streams that belong beside results: one, or the fusion of three."""
    streams = set()
    for result in results:
        own = sorted(member.stream or "" for member in result.members)
        streams |= {"joint"} if len(own) == 1 else {"three"} if own == ["bone", "joint", "motion"] else set()
    return streams


def _is_of(entry: Published, column: Column) -> bool:
    """Whether a published number is of the protocol of a column."""
    if column.best or entry.protocol not in _COUNTERPARTS.get(column.protocol, ()):
        return False
    if entry.protocol == "semi":
        return column.fraction is not None and math.isclose(entry.fraction, column.fraction)
    if entry.protocol == "transfer":
        return entry.pretrained_on == column.source
    return "k" not in json.loads(column.options)  # published neighbours are the nearest one


def _cell(entry: Published, sources: dict[str, str], remarks: dict[str, str]) -> str:
    """The number with the marks of its sources and remarks, which are numbered as they come."""
    marks = sorted((sources.setdefault(source, str(len(sources) + 1)) for source in entry.sources), key=int)
    for remark in (*entry.caveats, *([entry.doubtful] if entry.doubtful else [])):
        marks.append(remarks.setdefault(remark, "abcdefghijklmnopqrstuvwxyz"[len(remarks) % 26]))
    number = f"{entry.top1:.1f}" if round(entry.top1, 1) == entry.top1 else f"{entry.top1:.2f}"
    return f"{number} [{', '.join(marks)}]"
