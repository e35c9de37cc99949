from __future__ import annotations

import csv

from skgraph.diagnosis.diagnosis_files import curves_figure, format_diagnosis, save_diagnosis

ROW = {
    "step": 0.0,
    "action": 70.0,
    "neighbour": 60.0,
    "pose": 80.0,
    "speed": -3.0,
    "view": 50.0,
    "rankme": 12.0,
    "similarity": 1.0,
    "loss": 3.0,
}
DIAGNOSIS = [ROW, ROW | {"step": 10.0, "action": 81.25, "similarity": 0.5}]


def test_the_table_shows_what_there_is():
    lines = format_diagnosis(DIAGNOSIS).splitlines()
    assert lines[0].split() == "step action kNN pose speed view RankMe like untrained loss".split()
    assert lines[2].split() == "10 81.2 60.0 80.0 -3.0 50.0 12.0 0.50 3.000".split()
    assert "skill" not in format_diagnosis(DIAGNOSIS) and "skill" in format_diagnosis([ROW | {"skill": 0.5}])


def test_a_curve_for_each_number():
    axes = curves_figure(DIAGNOSIS).axes
    drawn = {line.get_label(): list(line.get_ydata()) for panel in axes for line in panel.lines}
    assert drawn["action"] == [70, 81.25] and drawn["similarity"] == [1, 0.5]
    assert drawn.keys() == ROW.keys() - {"step", "loss"}


def test_files_replace_those_of_before(tmp_path):
    for diagnosis in ([ROW], DIAGNOSIS):
        save_diagnosis(tmp_path / "diagnosis", diagnosis)
    with open(tmp_path / "diagnosis" / "diagnosis.csv") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["action"]) for row in rows] == [70, 81.25]
    assert (tmp_path / "diagnosis" / "diagnosis.png").stat().st_size > 1000
    assert {path.name for path in tmp_path.iterdir()} == {"diagnosis"}
