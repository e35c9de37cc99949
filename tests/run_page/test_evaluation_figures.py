from __future__ import annotations

import pytest
import torch

from skgraph.errors import DataError
from skgraph.evaluation.results.class_tables import save_classes, save_subjects
from skgraph.run_page.evaluation_figures import evaluation_figures

Y = torch.tensor([0, 0, 0, 1, 2, 2])
SCORES = torch.eye(3)[[0, 0, 1, 1, 2, 0]]
NAMES = ["wave", r"$\frac$ $x <b>", "jump"]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "linear_mine_xsub"
    place.mkdir()
    save_classes(place, SCORES, Y, NAMES)
    save_subjects(place, SCORES, Y, torch.tensor([1, 1, 2, 2, 2, 1]))
    return place


def test_the_tables_of_an_evaluation(folder):
    confusion, classes, people = evaluation_figures(folder)
    assert confusion.name == "linear_mine_xsub_confusion"
    assert [row[1:] for row in confusion.rows[1:]] == [["2", "1", "0"], ["0", "1", "0"], ["1", "0", "1"]]
    assert classes.rows[1][:4] == ["wave", "3", "2", "66.67"] and people.rows[1][0] in ("1", "2")
    assert all(drawing.content.startswith(b"<?xml") for drawing in (confusion, classes, people))


def test_a_folder_without_tables(tmp_path):
    assert evaluation_figures(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("confusion.csv", "x,a,b\na,1,2\n", "is not a confusion matrix"),
        ("confusion.csv", "x,a\na,one\n", "is not a confusion matrix"),
        ("confusion.csv", "x,a\n", "holds a table of 0 rows: expected 1 to 500"),
        ("confusion.csv", "x,a\na,-1\n", "is not a confusion matrix"),
        ("per_class.csv", "class,clips,right\na,x,1\n", "is not a table of accuracies"),
        ("per_class.csv", "class,clips,right\na,1,2\n", "is not a table of accuracies"),
        ("per_class.csv", f"class,clips,right\na,{'9' * 400},2\n", "is not a table of accuracies"),
        ("per_class.csv", "class,clips,right\n" + "a,1,1\n" * 501, "holds a table of 501 rows: expected 1 to 500"),
        ("per_subject.csv", 'subject\n"a', "cannot be read"),
    ],
)
def test_damage_is_named(folder, name, text, message):
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=message):
        evaluation_figures(folder)
