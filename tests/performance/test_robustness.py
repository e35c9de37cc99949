from __future__ import annotations

import pytest

from skgraph.evaluation.robustness import COLUMNS, DEFECTS, PROTOCOLS, Robustness
from skgraph.performance.robustness import format_robustness, robustness_figure


@pytest.fixture
def found():
    conditions = [(None, 0), *((defect, strength) for defect in DEFECTS for strength in defect.strengths)]
    keys = [(protocol, column) for protocol in PROTOCOLS for column in COLUMNS]
    return [
        Robustness(defect, strength, {key: 90.25 - i - 10 * k for k, key in enumerate(keys)})
        for i, (defect, strength) in enumerate(conditions)
    ]


def test_the_table(found):
    lines = format_robustness(found).splitlines()
    assert lines[2:5] == [
        "| defect | kNN | linear |",
        "|---|---|---|",
        "| none | 90.2 / 80.2 / 70.2 | 60.2 / 50.2 / 40.2 |",
    ]
    assert lines[5] == "| missing joints, 10 % of joints | 89.2 / 79.2 / 69.2 | 59.2 / 49.2 / 39.2 |"
    assert len(lines) == 4 + 1 + 18


def test_the_figure_has_a_panel_for_each_defect_and_protocol(found):
    figure = robustness_figure(found)
    assert len(figure.axes) == 12
    assert [axes.get_title() for axes in figure.axes[:6]] == [defect.name for defect in DEFECTS]
    last = figure.axes[11]
    assert [text.get_text() for text in last.get_xticklabels()] == ["none", "30", "60", "90"]
    assert last.get_xlabel() == "degrees at most"
    trained, random, raw = last.lines
    assert trained.get_ydata().tolist() == [found[i].top1["linear", "trained"] for i in (0, 16, 17, 18)]
    assert random.get_ydata()[0] == 50.25 and raw.get_label() == "raw coordinates"
