"""Accuracies that papers print, to stand beside one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from skgraph.errors import DataError, first_line

# Test clips of the datasets without the clips whose skeletons are missing, as everybody evaluates on them.
TEST_CLIPS = {
    ("ntu60", "xsub"): 16487,
    ("ntu60", "xview"): 18932,
    ("ntu120", "xsub"): 50919,
    ("ntu120", "xset"): 59477,
}
SPLITS = {"ntu60": ("xsub", "xview"), "ntu120": ("xsub", "xset"), "pku1": ("xsub",), "pku2": ("xsub",)}
PROTOCOLS = ("linear", "knn", "retrieval", "finetune", "semi", "transfer")
_GROUP = {"protocol", "stream", "columns", "rows", "fraction", "pretrained_on"}
_ROW = {"method", "venue", "top1", "sources", "caveat"}


@dataclass(frozen=True)
class Published:
    """One accuracy, as somebody printed it.

    Attributes:
        dataset: ``"ntu60"``, ``"ntu120"``, ``"pku1"`` or ``"pku2"``.
        split: ``"xsub"``, ``"xview"`` or ``"xset"``.
        protocol: ``"linear"``, ``"knn"`` (k = 1, cosine), ``"retrieval"``, ``"finetune"``, ``"semi"``, ``"transfer"``.
        stream: ``"joint"``, or ``"three"`` for the fusion of joint, bone and motion.
        method: as printed.
        venue: with its year; empty where there is none.
        top1: in per cent.
        sources: where the number was read.
        fraction: share of the labels, of ``semi``.
        pretrained_on: dataset of the pre-training, of ``transfer``.
        caveats: what to know about the number.
        doubtful: why it should not be relied on; empty for nearly all.
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


def read_published(path: Path = Path(__file__).with_name("published.yaml")) -> list[Published]:
    """Read and check published accuracies, in the order of the file.

    Equal numbers of one method by one protocol are one entry with all their sources; different ones stay apart.

    Args:
        path: of the file; by default the one that ships with the package.

    Raises:
        DataError: the file does not hold what is described at its head; the message quotes the group and the row.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"published accuracies '{path}' cannot be read: {first_line(error)}") from error
    kinds = {"sources": dict, "caveats": dict, "groups": list}
    if not isinstance(content, dict) or {key: type(value) for key, value in content.items()} != kinds:
        raise DataError(
            f"published accuracies '{path}' must hold mappings of sources and caveats, and a list of groups"
        )
    for key, source in content["sources"].items():
        if not isinstance(source, dict) or not source.get("name") or not source.keys() <= {"name", "doubtful"}:
            raise DataError(f"{path}: source {key} must have a name and may be doubtful, found {source}")
    found: dict[tuple, Published] = {}
    read_twice: set[tuple] = set()
    for i, group in enumerate(content["groups"]):
        for entry in _entries(group, content["sources"], content["caveats"], f"{path}: group {i + 1}"):
            method = (
                entry.dataset,
                entry.split,
                entry.protocol,
                entry.fraction,
                entry.pretrained_on,
                entry.stream,
                entry.method,
                entry.top1,
                entry.doubtful,
            )
            for source in entry.sources:
                if (*method, source) in read_twice:
                    raise DataError(f"{path}: group {i + 1}: {entry.method} {entry.top1} of {source} is there already")
                read_twice.add((*method, source))
            before = found.get(method)
            if before is not None:
                entry = replace(
                    before,
                    sources=before.sources + entry.sources,
                    caveats=tuple(dict.fromkeys(before.caveats + entry.caveats)),
                )
            found[method] = entry
    return list(found.values())


def _entries(
    group: object, sources: Mapping[str, Mapping[str, str]], caveats: Mapping[str, str], where: str
) -> list[Published]:
    """The entries of one group, in the order of its rows."""

    def expect(good: bool, what: str, found: object) -> None:
        if not good:
            raise DataError(f"{where}: expected {what}, found {found}")

    expect(isinstance(group, dict) and group.keys() <= _GROUP, f"a mapping of {', '.join(sorted(_GROUP))}", group)
    protocol, fraction, pretrained_on = group.get("protocol"), group.get("fraction"), group.get("pretrained_on")
    expect(protocol in PROTOCOLS, f"a protocol of {', '.join(PROTOCOLS)}", protocol)
    expect(group.get("stream") in ("joint", "three"), "stream joint or three", group.get("stream"))
    if protocol == "semi":
        expect(_is_number(fraction) and 0 < fraction <= 1, "a fraction in (0, 1] of semi", fraction)
    else:
        expect(fraction is None, "a fraction for semi only", fraction)
    expect((pretrained_on in SPLITS) == (protocol == "transfer"), "pretrained_on for transfer only", pretrained_on)
    columns = [str(column).split() for column in group.get("columns") or []]
    for column in columns:
        known = len(column) == 2 and column[1] in SPLITS.get(column[0], ())
        expect(known, "a column such as 'ntu60 xsub'", " ".join(column))
    entries = []
    for row in group.get("rows") or []:
        expect(isinstance(row, dict) and row.keys() <= _ROW, f"rows of {', '.join(sorted(_ROW))}", row)
        method, values, read_in = (row.get(key) for key in ("method", "top1", "sources"))
        expect(isinstance(method, str) and method != "", "a method", row)
        expect(isinstance(values, list) and len(values) == len(columns), f"{len(columns)} values of {method}", values)
        known = isinstance(read_in, list) and read_in and all(source in sources for source in read_in)
        expect(bool(known), f"sources of {method} among {', '.join(sources)}", read_in)
        caveat = row.get("caveat")
        expect(caveat is None or caveat in caveats, f"a caveat of {method} among {', '.join(caveats)}", caveat)
        for (dataset, split), value in zip(columns, values, strict=True):
            if value is None:
                continue
            expect(_is_number(value) and 0 < value <= 100, f"a per cent of {method}", value)
            entries.append(
                Published(
                    dataset,
                    split,
                    protocol,
                    group["stream"],
                    method,
                    str(row.get("venue", "")),
                    float(value),
                    tuple(sources[source]["name"] for source in read_in),
                    fraction,
                    pretrained_on,
                    () if caveat is None else (caveats[caveat],),
                    next((sources[source]["doubtful"] for source in read_in if "doubtful" in sources[source]), ""),
                )
            )
    return entries


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
