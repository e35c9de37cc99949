"""A survey as one page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
import warnings
from collections.abc import Iterator, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from skgraph.inspection import figures
from skgraph.inspection.place import Place
from skgraph.inspection.problems import Problem
from skgraph.inspection.survey import Survey
from skgraph.inspection.table import facts
from skgraph.inspection.text import plain, share

_CSS = """
:root { color-scheme: light dark; --text: #1a1a1a; --back: #fff; --line: #bbb; --odd: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --back: #161616; --line: #555; --odd: #ff8a75; } }
body { color: var(--text); background: var(--back); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td.figure, th.figure { text-align: right; white-space: nowrap; }
ul.odd { list-style: none; padding: 0; }
ul.odd li { border-left: 4px solid var(--odd); padding: .2rem .8rem; margin: .4rem 0; }
ul.odd b { font-weight: 600; }
figure { margin: 1.2rem 0; }
img { background: #fff; padding: .4rem; max-width: 100%; box-sizing: border-box; }
.wide { overflow-x: auto; }
"""


def page(survey: Survey, name: str, found: Sequence[Problem]) -> str:
    """The facts, what to look at, drawings, and the figures behind them.

    Text from files is escaped, images are in the page, there is no script, and the page may load nothing.

    Args:
        survey: to show.
        name: of the dataset.
        found: its problems.
    """
    title = html.escape(f"{plain(name)}: what is in it")
    odd = "".join(
        f"<li><b>{html.escape(problem.text)}</b>{': ' if problem.where else ''}{html.escape(problem.where)}</li>\n"
        for problem in found
    )
    body = [
        f"<h1>{title}</h1>", "<h2>To look at</h2>",
        f'<ul class="odd">\n{odd}</ul>' if found else "<p>Nothing odd was found.</p>",
        "<h2>In it</h2>", _table(None, [[key, text] for key, text in facts(survey).items()]),
        *_drawings(survey), *_tables(survey),
    ]  # fmt: skip
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _drawings(survey: Survey) -> Iterator[str]:
    store, jumps = survey.store, survey.jumps
    yield "<h2>Bodies</h2>"
    yield _image(figures.poses_figure(store), "The first body of some clips at its first, middle and last frame, from "
                 "light to dark.")  # fmt: skip
    if jumps.largest:
        caption = "The farthest jumps: the frame before in grey, the frame after in blue, the joint in red."
        yield _image(figures.jump_poses_figure(store, jumps.largest[:6]), caption)
    yield "<h2>Clips</h2>"
    yield _image(figures.lengths_figure(survey), "Lengths of the clips.")
    split = f" by part of split {plain(survey.labels.splits[0].name)}" if survey.labels.splits else ""
    yield _image(figures.classes_figure(survey), f"{survey.labels.what.capitalize()} of each class{split}.")
    yield "<h2>Tracking</h2>"
    if len(survey.bodies.heights):
        yield _image(figures.sizes_figure(survey), "Sizes of the bodies: the largest extent along an axis, the median "
                     "over the frames.")  # fmt: skip
    if np.isfinite(survey.bodies.variation).any():
        yield _image(figures.bones_figure(survey), "How much the length of each bone varies within a body.")
    if jumps.count:
        caption = f"Jumps of each joint, {jumps.count} in {jumps.steps} steps of bodies."
        yield _image(figures.jumps_figure(survey), caption)
    yield _image(figures.missing_figure(survey), "Joints that seem not to have been seen.")


def _tables(survey: Survey) -> Iterator[str]:
    labels, missing, jumps, bodies = survey.labels, survey.missing, survey.jumps, survey.bodies
    splits = labels.splits
    header = ["class", labels.what, *(f"{split.name} {part}" for split in splits for part in ("train", "test"))]
    counts = [labels.classes, *(c for split in splits for c in (split.train_classes, split.test_classes))]
    rows = [[name, *(str(c[i]) for c in counts)] for i, name in enumerate(labels.class_names)]
    yield "<h2>Classes</h2>" + _table(header, rows)
    header = ["joint", "jumps", "at the origin", "frozen"]
    columns = [[str(number) for number in jumps.by_joint]]
    columns += [[share(v) for v in part] for part in (missing.origin, missing.frozen)]
    if missing.unseen is not None:
        header += ["not seen", "unsure", "mean confidence"]
        columns += [[share(v) for v in part] for part in (missing.unseen, missing.unsure)]
        columns += [[f"{v:.2f}" for v in missing.confidence]]
    rows = [list(row) for row in zip(survey.store.topology.joints, *columns, strict=True)]
    yield "<h2>Joints</h2>" + _table(header, rows)
    unit = plain(survey.unit)
    rows = [
        [name, f"{length:.3g}", f"{variation:.1%}", f"{high:.1%}"]
        for name, length, variation, high in zip(
            bodies.bones, bodies.length, bodies.variation, bodies.variation_95, strict=True
        )
    ]
    yield "<h2>Bones</h2>" + _table(["bone", f"length, {unit}", "variation", "95 % of the bodies"], rows)
    for title, places, value in (
        ("Farthest jumps", jumps.largest, f"{{:.3g}} {jumps.unit}"), ("Clips with most jumps", jumps.most, "{:.0f}"),
        ("Bones that vary most", bodies.worst, "{:.0%}"), ("Joints at rest longest", missing.frozen_at, "{:.2f} s"),
        ("Bodies at rest longest", missing.repeated_at, "{:.2f} s"),
        ("Clips with most joints at the origin", missing.origin_in, "{:.0f}"),
        ("Clips with most joints at the place of another", missing.pairs_in, "{:.0f}"),
        ("Longest gaps", survey.presence.longest_gaps, "{:.0f} frames"),
        ("Clips with nobody in them for longest", survey.presence.emptiest, "{:.1%} of the frames"),
    ):  # fmt: skip
        if places:
            yield f"<h2>{title}</h2>" + _places(places, value)
    for title, groups in (("Same frames", survey.duplicates.exact), ("Same motion", survey.duplicates.near)):
        if groups:
            rows = [[str(len(group)), ", ".join(map(plain, group[:10])) + (", ..." if group[10:] else "")]
                    for group in groups[:50]]  # fmt: skip
            yield f"<h2>{title}</h2>" + _table(["clips", "names"], rows)


def _places(places: Sequence[Place], value: str) -> str:
    rows = [[place.clip, *("" if v is None else str(v) for v in (place.body, place.frame, place.joint)),
             value.format(place.value)] for place in places]  # fmt: skip
    header = ["clip", "body", "frame", "joint", ""]
    used = [i for i in range(len(header)) if i in (0, 4) or any(row[i] for row in rows)]
    return _table([header[i] for i in used], [[row[i] for i in used] for row in rows])


def _table(header: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> str:
    """Rows of plain text, the first column a name, the others figures where there is a header."""
    kind = ' class="figure"' if header else ""

    def line(cells: Sequence[str], tag: str) -> str:
        made = (f"<{tag}{kind if i else ''}>{html.escape(plain(cell))}</{tag}>" for i, cell in enumerate(cells))
        return f"<tr>{''.join(made)}</tr>"

    head = f"<thead>{line(header, 'th')}</thead>\n" if header else ""
    body = "\n".join(line(row, "td") for row in rows)
    return f'<div class="wide"><table>{head}<tbody>\n{body}\n</tbody></table></div>'


def _image(figure: Figure, caption: str) -> str:
    """A drawing as an image in the page, where nothing in it can run."""
    file = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "skgraph", "svg.fonttype": "path"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script that the font has not
        figure.savefig(file, format="svg", metadata={"Date": None})
    data = base64.b64encode(file.getvalue()).decode()
    text = html.escape(caption)
    return f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}"><figcaption>{text}</figcaption></figure>'
