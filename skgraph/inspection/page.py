"""A survey as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skgraph._internal.html_page import render_page, svg
from skgraph._internal.text import plain, share
from skgraph.inspection.figures import survey_figures
from skgraph.inspection.problems import Problem
from skgraph.inspection.survey import Survey
from skgraph.inspection.text_summary import summarise

_Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def survey_page(survey: Survey, name: str, problems: Sequence[Problem]) -> str:
    """Return a page with the problems, the summary, figures and tables of a dataset called ``name``."""
    return render_page(
        "inspection/page.html",
        title=plain(f"{name}: contents and problems"),
        problems=problems,
        summary=summarise(survey),
        figures={
            section: {caption: svg(figure) for caption, figure in figures.items()}
            for section, figures in survey_figures(survey).items()
        },
        tables=[*_statistics(survey), *_locations(survey), *_duplicates(survey)],
    )


def _statistics(survey: Survey) -> Iterator[_Table]:
    """Yield tables of classes, joints and bones."""
    labels, missing, bodies = survey.labels, survey.missing, survey.bodies
    columns = {"class": labels.class_names, labels.what: labels.classes}
    for split in labels.splits:
        columns |= {f"{split.name} train": split.train_classes, f"{split.name} test": split.test_classes}
    yield _columns("Classes", columns)
    columns = {"joint": survey.store.topology.joints, "jumps": survey.jumps.by_joint}
    columns |= {key: [share(value) for value in values] for key, values in missing.shares().items()}
    if missing.confidence is not None:
        columns["mean confidence"] = [f"{value:.2f}" for value in missing.confidence]
    yield _columns("Joints", columns)
    columns = {
        "bone": bodies.bones,
        f"length, {survey.unit}": [f"{value:.3g}" for value in bodies.length],
        "variation": [f"{value:.1%}" for value in bodies.variation],
        "95th percentile": [f"{value:.1%}" for value in bodies.variation_95],
    }
    yield _columns("Bones", columns)


def _locations(survey: Survey) -> Iterator[_Table]:
    """Yield tables of the locations where statistics are largest."""
    missing, jumps, presence = survey.missing, survey.jumps, survey.presence
    for heading, locations, value in (
        ("Largest jumps", jumps.largest, f"{{:.3g}} {jumps.unit}"),
        ("Clips with most jumps", jumps.most, "{:.0f}"),
        ("Bones that vary most", survey.bodies.worst, "{:.0%}"),
        ("Joints at rest longest", missing.frozen_at, "{:.2f} s"),
        ("Bodies at rest longest", missing.repeated_at, "{:.2f} s"),
        ("Clips with most joints at the origin", missing.origin_in, "{:.0f}"),
        ("Clips with most joints at the coordinates of another", missing.pairs_in, "{:.0f}"),
        ("Longest gaps", presence.longest_gaps, "{:.0f} frames"),
        ("Clips empty for longest", presence.emptiest, "{:.1%} of the frames"),
    ):
        if locations:
            columns = {key: [getattr(one, key) for one in locations] for key in ("clip", "body", "frame", "joint")}
            used = {key: cells for key, cells in columns.items() if set(cells) != {None}}
            yield _columns(heading, used | {"": [value.format(one.value) for one in locations]})


def _duplicates(survey: Survey) -> Iterator[_Table]:
    """Yield tables of the first groups of duplicates."""
    for heading, groups in (("Same frames", survey.duplicates.exact), ("Same motion", survey.duplicates.near)):
        if groups:
            names = [", ".join(map(plain, group[:10])) + (", ..." if group[10:] else "") for group in groups[:50]]
            yield _columns(heading, {"names": names, "clips": [len(group) for group in groups[:50]]})


def _columns(heading: str, columns: Mapping[str, Any]) -> _Table:
    return heading, list(columns), list(zip(*columns.values(), strict=True))
