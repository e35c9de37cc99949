"""A survey as one page of HTML that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from skgraph._internal.html_page import document, heading, image, svg, table
from skgraph._internal.text import plain, share
from skgraph.inspection import drawings
from skgraph.inspection.location import Place
from skgraph.inspection.problems import Problem
from skgraph.inspection.survey import Survey
from skgraph.inspection.text_summary import facts


def page(survey: Survey, name: str, found: Sequence[Problem]) -> str:
    """The facts, what to look at, drawings, and the figures behind them.

    Text from files is escaped, images are in the page, there is no script, and the page may load nothing.

    Args:
        survey: to show.
        name: of the dataset.
        found: its problems.
    """
    odd = "".join(
        f"<li><b>{html.escape(problem.text)}</b>{': ' if problem.where else ''}{html.escape(problem.where)}</li>\n"
        for problem in found
    )
    body = [
        heading("To look at"),
        f'<ul class="odd">\n{odd}</ul>' if found else "<p>Nothing odd was found.</p>",
        heading("In it"),
        table(None, [[key, text] for key, text in facts(survey).items()]),
        *_drawings(survey),
        *_tables(survey),
    ]
    return document(f"{name}: what is in it", body)


def _drawings(survey: Survey) -> Iterator[str]:
    store, jumps = survey.store, survey.jumps
    yield heading("Bodies")
    yield _image(
        drawings.poses_figure(store),
        "The first body of some clips at its first, middle and last frame, from light to dark.",
    )
    if jumps.largest:
        caption = "The farthest jumps: the frame before in grey, the frame after in blue, the joint in red."
        yield _image(drawings.jump_poses_figure(store, jumps.largest[:6]), caption)
    yield heading("Clips")
    yield _image(drawings.lengths_figure(survey), "Lengths of the clips.")
    split = f" by part of split {plain(survey.labels.splits[0].name)}" if survey.labels.splits else ""
    yield _image(drawings.classes_figure(survey), f"{survey.labels.what.capitalize()} of each class{split}.")
    yield heading("Tracking")
    if len(survey.bodies.heights):
        yield _image(
            drawings.sizes_figure(survey),
            "Sizes of the bodies: the largest extent along an axis, the median over the frames.",
        )
    if np.isfinite(survey.bodies.variation).any():
        yield _image(drawings.bones_figure(survey), "How much the length of each bone varies within a body.")
    if jumps.count:
        caption = f"Jumps of each joint, {jumps.count} in {jumps.steps} steps of bodies."
        yield _image(drawings.jumps_figure(survey), caption)
    yield _image(drawings.missing_figure(survey), "Joints that seem not to have been seen.")


def _tables(survey: Survey) -> Iterator[str]:
    labels, missing, jumps, bodies = survey.labels, survey.missing, survey.jumps, survey.bodies
    splits = labels.splits
    header = ["class", labels.what, *(f"{split.name} {part}" for split in splits for part in ("train", "test"))]
    counts = [labels.classes, *(c for split in splits for c in (split.train_classes, split.test_classes))]
    rows = [[name, *(str(c[i]) for c in counts)] for i, name in enumerate(labels.class_names)]
    yield heading("Classes") + table(header, rows)
    header = ["joint", "jumps", "at the origin", "frozen"]
    columns = [[str(number) for number in jumps.by_joint]]
    columns += [[share(v) for v in part] for part in (missing.origin, missing.frozen)]
    if missing.unseen is not None:
        header += ["not seen", "unsure", "mean confidence"]
        columns += [[share(v) for v in part] for part in (missing.unseen, missing.unsure)]
        columns += [[f"{v:.2f}" for v in missing.confidence]]
    rows = [list(row) for row in zip(survey.store.topology.joints, *columns, strict=True)]
    yield heading("Joints") + table(header, rows)
    unit = plain(survey.unit)
    rows = [
        [name, f"{length:.3g}", f"{variation:.1%}", f"{high:.1%}"]
        for name, length, variation, high in zip(
            bodies.bones, bodies.length, bodies.variation, bodies.variation_95, strict=True
        )
    ]
    yield heading("Bones") + table(["bone", f"length, {unit}", "variation", "95 % of the bodies"], rows)
    for title, places, value in (
        ("Farthest jumps", jumps.largest, f"{{:.3g}} {jumps.unit}"),
        ("Clips with most jumps", jumps.most, "{:.0f}"),
        ("Bones that vary most", bodies.worst, "{:.0%}"),
        ("Joints at rest longest", missing.frozen_at, "{:.2f} s"),
        ("Bodies at rest longest", missing.repeated_at, "{:.2f} s"),
        ("Clips with most joints at the origin", missing.origin_in, "{:.0f}"),
        ("Clips with most joints at the place of another", missing.pairs_in, "{:.0f}"),
        ("Longest gaps", survey.presence.longest_gaps, "{:.0f} frames"),
        ("Clips with nobody in them for longest", survey.presence.emptiest, "{:.1%} of the frames"),
    ):
        if places:
            yield heading(title) + _places(places, value)
    for title, groups in (("Same frames", survey.duplicates.exact), ("Same motion", survey.duplicates.near)):
        if groups:
            rows = [
                [str(len(group)), ", ".join(map(plain, group[:10])) + (", ..." if group[10:] else "")]
                for group in groups[:50]
            ]
            yield heading(title) + table(["clips", "names"], rows)


def _places(places: Sequence[Place], value: str) -> str:
    rows = [
        [
            place.clip,
            *("" if v is None else str(v) for v in (place.body, place.frame, place.joint)),
            value.format(place.value),
        ]
        for place in places
    ]
    header = ["clip", "body", "frame", "joint", ""]
    used = [i for i in range(len(header)) if i in (0, 4) or any(row[i] for row in rows)]
    return table([header[i] for i in used], [[row[i] for i in used] for row in rows])


def _image(figure: Figure, caption: str) -> str:
    return image(svg(figure), "svg", caption)
