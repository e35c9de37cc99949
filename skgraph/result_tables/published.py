"""Accuracies printed in papers, and their rows beneath a table of results."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from skgraph.evaluation.results.result import Result
from skgraph.result_tables.columns import Column

# Number of test clips that papers evaluate on: those whose skeletons are not missing.
TEST_CLIPS = {"ntu60 xsub": 16487, "ntu60 xview": 18932, "ntu120 xsub": 50919, "ntu120 xset": 59477}


@dataclass(frozen=True)
class Published:
    """One accuracy as printed.

    Attributes:
        dataset: ``"ntu60"``, ``"ntu120"``, ``"pku1"`` or ``"pku2"``.
        split: ``"xsub"``, ``"xview"`` or ``"xset"``.
        protocol: ``"linear"``, ``"knn"`` (k = 1, cosine), ``"retrieval"``, ``"finetune"``, ``"semi"``, ``"transfer"``.
        stream: ``"joint"``, or ``"three"`` for the fusion of joint, bone and motion.
        method: name of the method, as printed.
        venue: venue with its year, or empty.
        top1: accuracy in per cent.
        sources: publications with the number.
        fraction: share of the labels, for ``semi``.
        pretrained_on: dataset of the pre-training, for ``transfer``.
        caveats: remarks on the number.
        doubtful: reason why the number is unreliable; empty for most.
    """

    dataset: str
    split: str
    protocol: str
    stream: str
    method: str
    venue: str
    top1: float
    sources: tuple[str, ...]
    fraction: float | None = None
    pretrained_on: str | None = None
    caveats: tuple[str, ...] = ()
    doubtful: str = ""


def read_published() -> list[Published]:
    """Read ``published.yaml``, whose head describes it, in its order.

    Equal numbers of one method by one protocol are one entry with all their sources; different ones stay apart.
    """
    content = yaml.safe_load(Path(__file__).with_name("published.yaml").read_text(encoding="utf-8"))
    entries: dict[Published, Published] = {}
    for group in content["groups"]:
        for row in group["rows"]:
            sources = [content["sources"][key] for key in row["sources"]]
            caveats = (content["caveats"][row["caveat"]],) if "caveat" in row else ()
            for column, top1 in zip(group["columns"], row["top1"], strict=True):
                if top1 is None:
                    continue
                dataset, split = column.split()
                entry = Published(
                    dataset,
                    split,
                    group["protocol"],
                    group["stream"],
                    row["method"],
                    row.get("venue", ""),
                    float(top1),
                    tuple(source["name"] for source in sources),
                    group.get("fraction"),
                    group.get("pretrained_on"),
                    caveats,
                    next((source["doubtful"] for source in sources if "doubtful" in source), ""),
                )
                key = replace(entry, venue="", sources=(), caveats=())
                if before := entries.get(key):
                    caveats_of_both = tuple(dict.fromkeys(before.caveats + entry.caveats))
                    entry = replace(before, sources=before.sources + entry.sources, caveats=caveats_of_both)
                entries[key] = entry
    return list(entries.values())


def published_rows(
    published: Sequence[Published], columns: Sequence[Column], results: Sequence[Result], doubtful: bool
) -> tuple[list[list[str]], list[str]]:
    """Return rows of published numbers, and their notes, for the columns and the streams of a table of results.

    ``published`` are those of the table's dataset and split; ``doubtful`` shows unreliable ones too.
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
        # Several numbers of one method by one protocol have a row each.
        for i in range(max(map(len, by_column))):
            cells = [_cell(found[i], sources, remarks) if i < len(found) else "" for found in by_column]
            rows.append([name, "", words, "published", "", "", "", *cells])
    notes = []
    data = results[0].dataset
    usual = TEST_CLIPS.get(f"{data.name} {data.split}")
    if rows and usual and data.test_clips != usual:
        notes.append(f"published numbers are of {usual} test clips, these of {data.test_clips}: do not compare them")
    if rows:
        notes.append(
            "published: measured by others, each with its own recipe; a number stands in every column of its protocol"
        )
        if any(entry.protocol in ("knn", "retrieval") for entry in shown):
            notes.append("published kNN (k = 1) and retrieval are one metric: the nearest neighbour by cosine distance")
        notes += [f"[{mark}] {text}" for marks in (sources, remarks) for text, mark in marks.items()]
    if hidden := len(asked) - len(shown):
        notes.append(f"{hidden} doubtful published numbers are left out; doubtful=true shows them")
    return rows, notes


def _streams(results: Sequence[Result]) -> set[str]:
    """Return the published streams to compare results with: one, or the fusion of three."""
    own = [sorted(member.stream or "" for member in result.members) for result in results]
    single = {"joint" for streams in own if len(streams) == 1}
    return single | {"three" for streams in own if streams == ["bone", "joint", "motion"]}


def _is_of(entry: Published, column: Column) -> bool:
    """Return whether a published number belongs to the protocol of a column."""
    # Papers call the nearest neighbour by cosine distance retrieval.
    alike = {entry.protocol, column.protocol} <= {"knn", "retrieval"} or entry.protocol == column.protocol
    if column.best or not alike:
        return False
    if entry.protocol == "semi":
        return column.fraction is not None and math.isclose(entry.fraction or 0.0, column.fraction)
    if entry.protocol == "transfer":
        return entry.pretrained_on == column.source
    return "k" not in json.loads(column.options)  # published kNN has k = 1


def _cell(entry: Published, sources: dict[str, str], remarks: dict[str, str]) -> str:
    """Return the number with marks of its sources and remarks, which are numbered in order of appearance."""
    marks = sorted((sources.setdefault(source, str(len(sources) + 1)) for source in entry.sources), key=int)
    for remark in filter(None, (*entry.caveats, entry.doubtful)):
        marks.append(remarks.setdefault(remark, "abcdefghijklmnopqrstuvwxyz"[len(remarks) % 26]))
    number = f"{entry.top1:.1f}" if round(entry.top1, 1) == entry.top1 else f"{entry.top1:.2f}"
    return f"{number} [{', '.join(marks)}]"
