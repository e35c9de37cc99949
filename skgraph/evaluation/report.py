"""Results of many runs as tables, one a dataset and split, with the published accuracies beneath one's own."""

from __future__ import annotations

import functools
import html
import itertools
import json
import math
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from skgraph.data_dir import data_dir
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation.ensemble import read_card
from skgraph.evaluation.published import Published

# Protocols in the order of their columns.
_NAMES = {
    "linear": "linear", "attentive": "attentive", "knn": "kNN", "retrieval": "retrieval", "finetune": "fine-tune",
    "semi": "semi", "transfer": "transfer", "scratch": "from scratch", "detection": "detection",
}  # fmt: skip
# Which published protocols a column may stand beside: the field's retrieval figure is the nearest neighbour by cosine.
_COUNTERPARTS = {
    "linear": {"linear"}, "finetune": {"finetune"}, "semi": {"semi"}, "transfer": {"transfer"},
    "knn": {"knn", "retrieval"}, "retrieval": {"knn", "retrieval"},
}  # fmt: skip
# The figure of a card that stands in a table; top-1 accuracy unless said here.
_HEADLINES = {"detection": "map_at_0.5"}
# Results that differ in one of these never share a table.
_APART = ("content_hash", "preprocessing", "bodies", "crop", "crops", "validation", "joint_map")
# What a configuration may differ in and still be the same training with another seed. The scale is measured.
_NOT_THE_METHOD = {
    "runs", "name", "seed", "device", "precision", "evaluate", "trainer.log_every", "trainer.checkpoint_every",
    "trainer.diagnose_every", "trainer.diagnose_bodies", "trainer.stop_at", "trainer.progress", "dataset.root",
    "normalise.scale",
}  # fmt: skip
_ROW_HEADER = ["Method", "Encoder", "Stream", "Run", "Seed", "Step", "Date"]
_LEGEND = (
    "top-1 accuracy (%) of the last epoch; in parentheses a random encoder of the same shape; ±: standard deviation "
    "over n runs of other seeds, or over n labelled subsets of one run"
)
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"$\pm$", "[": "{[}", "]": "{]}",
}  # fmt: skip
_CSS = """
:root { color-scheme: light dark; --text: #1a1a1a; --back: #fff; --line: #bbb; --soft: #f3f3f3; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --back: #161616; --line: #555; --soft: #222; } }
body { color: var(--text); background: var(--back); font: 15px/1.5 system-ui, sans-serif; margin: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.figure, th.figure { text-align: right; }
tr.published { background: var(--soft); }
ul { padding-left: 1.2rem; }
"""


@dataclass(frozen=True)
class Result:
    """A card and the file that it was read from."""

    path: Path
    card: dict[str, Any]


@dataclass(frozen=True)
class Column:
    """What the figures of a column have in common.

    Attributes:
        protocol: as on the card.
        recipe: as on the card, empty for none.
        options: those that differ from the protocol's own file, as sorted JSON, without seed and fraction.
        fraction: share of the labels, where it is an option.
        source: dataset of the pre-training, of a transfer.
        best: empty for the headline (the last epoch); otherwise what the best epoch was chosen on.
    """

    protocol: str
    recipe: str
    options: str
    fraction: float | None = None
    source: str = ""
    best: str = ""


@dataclass(frozen=True)
class Table:
    """One table, in plain text: a cell is what a reader sees, not yet escaped for any format."""

    title: str
    facts: str
    header: list[str]
    rows: list[list[str]]
    published: list[list[str]]
    notes: list[str]


def collect(paths: Iterable[Path | str]) -> tuple[list[Result], list[str]]:
    """Read every ``result.json`` at or below some paths.

    Args:
        paths: folders of runs, of evaluations or of ensembles, or anything above them.

    Returns:
        the results, each once, and a sentence for each file that cannot be used.

    Raises:
        DataError: a path does not exist, or there is not one result that can be used.
    """
    files: dict[Path, Path] = {}
    paths = [Path(path) for path in paths]
    for path in paths:
        if not path.exists():
            raise DataError(f"'{path}' does not exist: expected the folder of a run, an evaluation or an ensemble")
        for file in [path] if path.is_file() else sorted(path.rglob("result.json")):
            files.setdefault(file.resolve(), file)
    results, warnings = [], []
    for file in files.values():
        try:
            results.append(Result(file, _checked(read_card(file), file)))
        except DataError as error:
            warnings.append(str(error))
    if not results:
        listed = ", ".join(f"'{path}'" for path in paths)
        unusable = f"; {len(warnings)} cannot be used, the first: {warnings[0]}" if warnings else ""
        raise DataError(f"there is no result.json of an evaluation at or below {listed or 'no path at all'}{unusable}")
    return results, warnings


def tables(results: Sequence[Result], published: Sequence[Published], doubtful: bool = False) -> list[Table]:
    """Arrange results in tables, one a dataset and split.

    A row is a method: runs that differ in nothing but their seed share one, with mean, standard deviation (with n - 1)
    and number. A column is a protocol with its recipe and options. Results that differ in preprocessing, content,
    bodies, crops, held-out people or joint map never share a table. Published rows follow for a dataset that is called
    ``ntu60``, ``ntu120``, ``pku1`` or ``pku2``, with the protocols of the table's own columns, for one stream or three
    as the table has them.

    Args:
        results: of :func:`collect`.
        published: of :func:`~skgraph.evaluation.published.read_published`.
        doubtful: whether published numbers are shown that should not be relied on.
    """
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        dataset = result.card["dataset"]
        groups.setdefault((dataset["name"], dataset["split"], json.dumps(_apart(result.card))), []).append(result)
    made = []
    for dataset, split, apart in sorted(groups):
        others = [json.loads(key[2]) for key in groups if key[:2] == (dataset, split) and key[2] != apart]
        differing = [
            key for i, key in enumerate(_APART) if any(other[i] != json.loads(apart)[i] for other in others)
        ]  # fmt: skip
        here = [entry for entry in published if (entry.dataset, entry.split) == (dataset, split)]
        made.append(_table(f"{dataset}, split {split}", groups[dataset, split, apart], here, doubtful, differing))
    return made


def render(made: Sequence[Table], format: str = "markdown") -> str:
    """Tables as text: ``"markdown"``, ``"latex"`` (with booktabs) or ``"html"`` (one page that needs nothing else).

    Raises:
        ConfigError: another format.
    """
    if format == "markdown":
        return "\n".join(_markdown(table) for table in made)
    if format == "latex":
        return "% needs \\usepackage{booktabs}\n" + "\n".join(_latex(table) for table in made)
    if format == "html":
        body = "\n".join(_html(table) for table in made)
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n<title>skgraph: results</title>\n'
            f"<style>{_CSS}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    raise ConfigError(f"format must be one of markdown, latex, html, found '{format}'")


def _checked(card: dict[str, Any], path: Path) -> dict[str, Any]:
    """The card, if it has what a table needs."""

    def expect(good: bool, what: str) -> None:
        if not good:
            raise DataError(f"the result '{path}' is left out: it has no {what}")

    expect(isinstance(card.get("protocol"), str), "protocol")
    expect(isinstance(card.get("recipe"), (str, type(None))), "recipe that is a word")
    options = card.get("options", {})
    expect(isinstance(options, dict), "mapping of options")
    expect(isinstance(options.get("fraction", 1.0), (int, float)), "fraction of labels that is a number")
    dataset = card.get("dataset")
    for key in ("name", "split", "content_hash"):
        expect(isinstance(dataset, dict) and isinstance(dataset.get(key), str), f"dataset.{key}")
    for part in _parts(card):
        for key in ("objective", "encoder"):
            expect(isinstance(part, dict) and isinstance(part.get(key), str), key)
        expect(isinstance(part.get("config"), dict), "config")
        expect(isinstance(part.get("stream"), (str, type(None))), "stream that is a word")  # one of one's own has none
    headline = _HEADLINES.get(card["protocol"], "top1")
    for figures in (card, card.get("random_init"), *_best(card)):
        where = headline if figures is card or figures is card.get("random_init") else "top1"
        if figures is not None:
            value = figures.get(where) if isinstance(figures, dict) else None
            good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100
            expect(good, f"{where} in per cent")
    return card


def _parts(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The card itself, or the members of an ensemble."""
    members = card.get("members")
    return members if isinstance(members, list) and members else [card]


def _best(card: dict[str, Any]) -> list[dict[str, Any]]:
    """What a card says of best epochs: nothing, one, or one for each labelled subset."""
    best = card.get("best")
    return best if isinstance(best, list) else [] if best is None else [best]


def _apart(card: dict[str, Any]) -> list[Any]:
    """The values of ``_APART``. A card that does not know one of them counts as one that has none of it."""
    values = [{**card, **card["dataset"]}.get(key) for key in _APART]
    usual = {"crops": 1, "validation": 0.0}
    return [usual.get(key) if value is None else value for key, value in zip(_APART, values, strict=True)]


def _table(
    title: str, results: list[Result], published: list[Published], doubtful: bool, differing: list[str]
) -> Table:
    columns = sorted({column for result in results for column in _columns(result.card)}, key=_place)
    groups, repeated = _rows(results)
    rows = sorted(_row(group, columns) for group in groups)
    notes = [_LEGEND]
    if any(column.protocol == "detection" for column in columns):
        notes.append("detection: mAP (%) at an overlap of 0.5")
    if repeated:
        notes.append("runs stand in rows of their own where a seed occurs twice: they are no draws to take a mean of")
    if differing:
        notes.append(f"kept apart from other results on this dataset and split, which differ in {', '.join(differing)}")
    below, more = _published(published, columns, results, doubtful)
    header = [*_ROW_HEADER, *map(_header, columns)]
    return Table(title, _facts(results[0].card), header, rows, below, notes + more)


def _facts(card: dict[str, Any]) -> str:
    """What all results of a table share, in words."""
    dataset, apart = card["dataset"], dict(zip(_APART, _apart(card), strict=True))
    words = {"train_clips": "training", "test_clips": "test", "validation_clips": "held-out"}
    clips = [f"{dataset[key]} {word} clips" for key, word in words.items() if dataset.get(key)]
    crop = "the protocol's own" if apart["crop"] is None else apart["crop"]
    facts = [f"preprocessing: {apart['preprocessing']}", f"bodies: {apart['bodies']}", f"crop: {crop}"]
    if apart["crops"] != 1:
        facts.append(f"crops: {apart['crops']}")
    if apart["joint_map"] is not None:
        facts.append(f"joint map: {apart['joint_map']}")
    return "; ".join([*([", ".join(clips)] if clips else []), *facts, f"content {apart['content_hash'][:12]}"])


def _columns(card: dict[str, Any]) -> list[Column]:
    """The column of a card's headline, and that of its best epoch where it has one."""
    protocol, recipe = card["protocol"], card.get("recipe") or ""
    options = {key: value for key, value in (card.get("options") or {}).items() if key not in ("seed", "fraction")}
    usual = _usual(protocol, recipe)
    changed = {key: value for key, value in options.items() if key not in usual or usual[key] != value}
    fraction = (card.get("options") or {}).get("fraction")
    source = str(_dotted(_parts(card)[0]["config"], "dataset.name")) if protocol == "transfer" else ""
    column = Column(protocol, str(recipe), json.dumps(changed, sort_keys=True), fraction, source)
    best = _best(card)
    return [column, *([replace(column, best=str(best[0].get("chosen_on")))] if best else [])]


@functools.cache
def _usual(protocol: str, recipe: str) -> dict[str, Any]:
    """The options of a protocol's file in ``configs/protocol``; none for a protocol that has no file."""
    folder = data_dir("configs") / "protocol"
    for path in (folder / f"{protocol}_{recipe}.yaml", folder / f"{protocol}.yaml"):
        # The name comes from a card: it must not lead elsewhere.
        if path.parent == folder and re.fullmatch(r"\w+", path.stem) and path.is_file():
            return yaml.safe_load(path.read_text(encoding="utf-8"))
    return {}


def _place(column: Column) -> tuple:
    """Where a column stands among the others."""
    known = list(_NAMES)
    place = known.index(column.protocol) if column.protocol in known else len(known)
    options = (len(json.loads(column.options)), column.options)
    return (place, column.protocol, column.recipe, column.fraction or 0, column.source, *options, column.best)


def _header(column: Column) -> str:
    words = [_NAMES.get(column.protocol, column.protocol), column.recipe]
    if column.fraction is not None:
        words.append(f"{100 * column.fraction:g} %")
    if column.source:
        words.append(f"from {column.source}")
    text = " ".join(word for word in words if word)
    text += "".join(f", {key} {_short(value)}" for key, value in json.loads(column.options).items())
    chosen_on = {"test": "the test clips", "validation": "held-out people"}.get(column.best, column.best)
    return f"{text}, best epoch on {chosen_on}" if column.best else text


def _rows(results: list[Result]) -> tuple[list[list[Result]], bool]:
    """Results by row: those of one method, one encoder, one stream and one configuration, whatever the seed.

    Two runs with the same seed are not two draws: where there are such, each run has a row, and the second value is
    True.
    """
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(_method_key(result.card), []).append(result)
    rows, repeated = [], False
    for group in groups.values():
        if _has_each_seed_once(group):
            rows.append(group)
            continue
        repeated = True
        by_run: dict[Path, list[Result]] = {}
        for result in group:
            by_run.setdefault(_run_folder(result.path), []).append(result)
        for part in by_run.values():
            rows += [part] if _has_each_seed_once(part) else [[result] for result in part]
    return rows, repeated


def _has_each_seed_once(group: list[Result]) -> bool:
    seen = [(_columns(result.card)[0], _seed(result.card)) for result in group]
    return len(set(seen)) == len(seen)


def _method_key(card: dict[str, Any]) -> str:
    parts = _parts(card)
    configs = [
        {key: value for key, value in _flat(part["config"]).items() if key not in _NOT_THE_METHOD} for part in parts
    ]
    return json.dumps([_method(card), _encoder(card), _stream(card), configs, card.get("step")], sort_keys=True)


def _method(card: dict[str, Any]) -> str:
    """The method's name, and the dataset of its pre-training where that is another one."""
    names = []
    for part in _parts(card):
        name = part["objective"].rpartition(".")[2]
        if name == "MaskedRegression":  # one class, two methods
            name = "SkeletonMAE" if _dotted(part["config"], "objective.target") == "joint" else "MAMP"
        name = {"SJEPA": "S-JEPA"}.get(name, name)
        learned_from = _dotted(part, "pretrained_on.content_hash")
        if learned_from not in (None, card["dataset"]["content_hash"]) and card["protocol"] != "transfer":
            name += f", pre-trained on {_dotted(part['config'], 'dataset.name')}"
        names.append(name)
    return " + ".join(dict.fromkeys(names))


def _encoder(card: dict[str, Any]) -> str:
    names = []
    for part in _parts(card):
        layer = _dotted(part["config"], "encoder.conv")  # of an encoder made of any message-passing layer
        names.append(part["encoder"].rpartition(".")[2] + (f" {layer}" if isinstance(layer, str) else ""))
    return " + ".join(dict.fromkeys(names))


def _stream(card: dict[str, Any]) -> str:
    """The stream, or those of an ensemble and its weights."""
    streams = " + ".join(part.get("stream") or "custom" for part in _parts(card))
    weights = _dotted(card, "weights.name")
    if weights == "given":
        weights = ", ".join(str(part.get("weight")) for part in _parts(card))
    return f"{streams} ({weights})" if weights else streams


def _seed(card: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(str(part.get("seed", "")) for part in _parts(card)))


def _run_folder(path: Path) -> Path:
    """The folder of the run that a result belongs to, or of the ensemble."""
    return path.parents[2] if path.parents[1].name == "evaluation" else path.parent


def _row(group: list[Result], columns: list[Column]) -> list[str]:
    cards = [result.card for result in group]
    runs = list(dict.fromkeys(str(card.get("run")) for card in cards))
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*runs, strict=False))
    start = "".join(letters[0] for letters in same)
    run = runs[0] if len(runs) == 1 else f"{start}*" if len(start) > 3 else ", ".join(runs)
    seeds = ", ".join(sorted({_seed(card) for card in cards}, key=lambda seed: (len(seed), seed)))
    step, dates = cards[0].get("step"), sorted(str(card["date"]) for card in cards if card.get("date"))
    described = [
        _method(cards[0]), _encoder(cards[0]), _stream(cards[0]), run, seeds, "" if step is None else str(step),
        dates[-1] if dates else "",
    ]  # fmt: skip
    return described + [_cell([card for card in cards if column in _columns(card)], column) for column in columns]


def _cell(cards: list[dict[str, Any]], column: Column) -> str:
    """The figures of a row by one protocol: ``84.2 ± 0.9 (80.3 ± 1.1), n 3``."""
    if not cards:
        return ""
    if column.best:
        text, n = _spread([{"top1": statistics.fmean(best["top1"] for best in _best(card))} for card in cards], "top1")
    else:
        headline = _HEADLINES.get(column.protocol, "top1")
        text, n = _spread(cards, headline)
        random = [card["random_init"] for card in cards if card.get("random_init")]
        if random:
            beside, count = _spread(random, headline)
            text += f" ({beside})" if count == n else f" ({beside}, n {count})"
    return f"{text}, n {n}" if n > 1 else text


def _spread(figures: list[dict[str, Any]], key: str) -> tuple[str, int]:
    """Mean and standard deviation of cards as text, and of how many; of one card, those of its labelled subsets."""
    values = [figure[key] for figure in figures]
    if len(values) > 1:
        return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}", len(values)
    std, subsets = figures[0].get("top1_std"), figures[0].get("top1_seeds")
    if key == "top1" and isinstance(std, (int, float)) and math.isfinite(std) and isinstance(subsets, list):
        return f"{values[0]:.1f} ± {std:.1f}", len(subsets)
    return f"{values[0]:.1f}", 1


def _published(
    published: list[Published], columns: list[Column], results: list[Result], doubtful: bool
) -> tuple[list[list[str]], list[str]]:
    """Rows of published numbers for a table's own columns and streams, and the notes that belong to them."""
    streams = set()
    for result in results:
        own = sorted(part.get("stream") or "" for part in _parts(result.card))
        streams |= {"joint"} if len(own) == 1 else {"three"} if own == ["bone", "joint", "motion"] else set()
    asked = [entry for entry in published if entry.stream in streams and any(_is_of(entry, c) for c in columns)]
    shown = [entry for entry in asked if doubtful or not entry.doubtful]
    methods: dict[tuple[str, str, str], list[Published]] = {}
    for entry in shown:
        methods.setdefault((entry.method, entry.venue, entry.stream), []).append(entry)
    sources: dict[str, str] = {}
    remarks: dict[str, str] = {}
    rows = []
    for (method, venue, stream), entries in methods.items():
        by_column = [[entry for entry in entries if _is_of(entry, column)] for column in columns]
        # Numbers of one method that disagree stand in rows of their own.
        for i in range(max(map(len, by_column))):
            cells = [_published_cell(found[i], sources, remarks) if i < len(found) else "" for found in by_column]
            name = f"{method} ({venue})" if venue else method
            words = "joint + bone + motion" if stream == "three" else stream
            rows.append([name, "", words, "published", "", "", "", *cells])
    notes = []
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


def _is_of(entry: Published, column: Column) -> bool:
    """Whether a published number is of the protocol of a column."""
    if column.best or entry.protocol not in _COUNTERPARTS.get(column.protocol, ()):
        return False
    if entry.protocol == "semi":
        return column.fraction is not None and math.isclose(entry.fraction, column.fraction)
    if entry.protocol == "transfer":
        return entry.pretrained_on == column.source
    return "k" not in json.loads(column.options)  # published neighbours are the nearest one


def _published_cell(entry: Published, sources: dict[str, str], remarks: dict[str, str]) -> str:
    """The number with the marks of its sources and remarks, which are numbered as they come."""
    marks = sorted((sources.setdefault(source, str(len(sources) + 1)) for source in entry.sources), key=int)
    for remark in (*entry.caveats, *([entry.doubtful] if entry.doubtful else [])):
        marks.append(remarks.setdefault(remark, "abcdefghijklmnopqrstuvwxyz"[len(remarks) % 26]))
    number = f"{entry.top1:.1f}" if round(entry.top1, 1) == entry.top1 else f"{entry.top1:.2f}"
    return f"{number} [{', '.join(marks)}]"


def _markdown(table: Table) -> str:
    rows = [[_escape_markdown(cell) for cell in row] for row in [table.header, *table.rows, *table.published]]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(table.header))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    figures = range(len(_ROW_HEADER), len(widths))
    lines.insert(1, "|" + "|".join("-" * (w + 1) + (":" if i in figures else "-") for i, w in enumerate(widths)) + "|")
    notes = [f"- {_escape_markdown(note)}" for note in table.notes]
    title, facts = _escape_markdown(table.title), _escape_markdown(table.facts)
    return "\n".join([f"## {title}", "", facts, "", *lines, "", *notes, ""])


def _escape_markdown(text: str) -> str:
    """Plain text as Markdown: what has a meaning in a table or as HTML is escaped, a line break is a space."""
    return re.sub(r"([\\|`*<]|&(?=#?\w+;))", r"\\\1", " ".join(text.split()))


def _latex(table: Table) -> str:
    def lines(rows: list[list[str]]) -> list[str]:
        return [" & ".join(_escape_latex(cell) for cell in row) + r" \\" for row in rows]

    figures = len(table.header) - len(_ROW_HEADER)
    notes = [rf"\par {_escape_latex(note)}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}", r"\centering", rf"\caption{{{_escape_latex(f'{table.title}. {table.facts}')}}}",
            rf"\begin{{tabular}}{{{'l' * len(_ROW_HEADER)}{'r' * figures}}}", r"\toprule", *lines([table.header]),
            r"\midrule", *lines(table.rows), *([r"\midrule", *lines(table.published)] if table.published else []),
            r"\bottomrule", r"\end{tabular}", r"\par\smallskip\footnotesize\raggedright", *notes, r"\end{table}", "",
        ]
    )  # fmt: skip


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))


def _html(table: Table) -> str:
    def line(row: list[str], tag: str, kind: str = "") -> str:
        cells = [
            f"<{tag}{' class=figure' if i >= len(_ROW_HEADER) else ''}>{html.escape(cell)}</{tag}>"
            for i, cell in enumerate(row)
        ]
        return f"<tr{kind}>{''.join(cells)}</tr>"

    notes = "\n".join(f"<li>{html.escape(note)}</li>" for note in table.notes)
    return "\n".join(
        [
            f"<h2>{html.escape(table.title)}</h2>", f"<p>{html.escape(table.facts)}</p>",
            '<div class="wide"><table>', f"<thead>{line(table.header, 'th')}</thead>", "<tbody>",
            *(line(row, "td") for row in table.rows),
            *(line(row, "td", " class=published") for row in table.published),
            "</tbody>", "</table></div>", f"<ul>\n{notes}\n</ul>", "",
        ]
    )  # fmt: skip


def _dotted(value: Any, key: str) -> Any:
    """A value of nested mappings by its dotted key; ``None`` where there is none."""
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(_short, value)) if isinstance(value, list) else str(value)
