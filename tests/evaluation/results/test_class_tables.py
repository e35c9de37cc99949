from __future__ import annotations

import pytest
import torch

from skgraph.evaluation.results.class_tables import confusion_figure, save_classes, save_subjects

SCORES, Y = torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]]), torch.tensor([1, 1, 0])


def test_classes_in_detail(tmp_path):
    save_classes(tmp_path, SCORES, Y, ["sit, down", "stand", "nobody"][:2])
    assert (tmp_path / "per_class.csv").read_text().splitlines() == [
        "class,clips,right,accuracy,most often taken for",
        '"sit, down",1,0,0.00,stand',
        'stand,2,1,50.00,"sit, down"',
    ]
    assert (tmp_path / "confusion.csv").read_text().splitlines()[1:] == ['"sit, down",0,1', "stand,1,1"]


def test_a_class_without_clips(tmp_path):
    save_classes(tmp_path, torch.cat([SCORES, torch.zeros(3, 1)], 1), Y, ["a", "b", "c"])
    assert (tmp_path / "per_class.csv").read_text().splitlines()[-1] == "c,0,0,,"


def test_people_in_detail(tmp_path):
    save_subjects(tmp_path, SCORES, Y, torch.tensor([5, 3, 5]))
    right = (SCORES.argmax(1) == Y).tolist()
    assert right == [True, False, False]
    assert (tmp_path / "per_subject.csv").read_text().splitlines() == [
        "subject,clips,right,accuracy",
        "3,1,0,0.00",
        "5,2,1,50.00",
    ]


def test_people_who_are_not_known(tmp_path):
    save_subjects(tmp_path, SCORES, Y, torch.tensor([-1, -1, -1]))
    assert not (tmp_path / "per_subject.csv").exists()
    save_subjects(tmp_path, SCORES, Y, torch.tensor([-1, 2, 2]))
    assert (tmp_path / "per_subject.csv").read_text().splitlines()[-1] == "unknown,1,1,100.00"


@pytest.mark.parametrize("classes", [2, 120])
def test_the_figure_has_a_row_for_each_class(classes):
    counts = torch.ones(classes, classes, dtype=torch.long)
    axes = confusion_figure(counts, [f"c{i}" for i in range(classes)]).axes[0]
    assert len(axes.get_yticklabels()) == classes and len(axes.texts) == (classes**2 if classes <= 20 else 0)
