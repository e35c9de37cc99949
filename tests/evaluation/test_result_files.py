from __future__ import annotations

import json

import pytest
import torch

from skgraph.errors import DataError
from skgraph.evaluation.result_files import (
    card_value,
    confusion_figure,
    read_card,
    save_card,
    save_classes,
    save_people,
)

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
    save_people(tmp_path, SCORES, Y, torch.tensor([5, 3, 5]))
    right = (SCORES.argmax(1) == Y).tolist()
    assert right == [True, False, False]
    assert (tmp_path / "per_subject.csv").read_text().splitlines() == [
        "subject,clips,right,accuracy",
        "3,1,0,0.00",
        "5,2,1,50.00",
    ]


def test_people_who_are_not_known(tmp_path):
    save_people(tmp_path, SCORES, Y, torch.tensor([-1, -1, -1]))
    assert not (tmp_path / "per_subject.csv").exists()
    save_people(tmp_path, SCORES, Y, torch.tensor([-1, 2, 2]))
    assert (tmp_path / "per_subject.csv").read_text().splitlines()[-1] == "unknown,1,1,100.00"


@pytest.mark.parametrize("classes", [2, 120])
def test_the_figure_has_a_row_for_each_class(classes):
    counts = torch.ones(classes, classes, dtype=torch.long)
    axes = confusion_figure(counts, [f"c{i}" for i in range(classes)]).axes[0]
    assert len(axes.get_yticklabels()) == classes and len(axes.texts) == (classes**2 if classes <= 20 else 0)


def test_a_card_holds_plain_numbers(tmp_path):
    save_card(tmp_path, {"top1": 50.0})
    assert json.loads((tmp_path / "result.json").read_text()) == {"top1": 50.0}
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_card(tmp_path, {"top1": float("nan")})
    assert json.loads((tmp_path / "result.json").read_text()) == {"top1": 50.0}


def test_a_card_comes_back(tmp_path):
    save_card(tmp_path, {"top1": 50.0, "best": None})
    assert read_card(tmp_path / "result.json") == {"top1": 50.0, "best": None}


def test_a_card_that_cannot_be_read(tmp_path):
    path = tmp_path / "result.json"
    with pytest.raises(DataError, match=f"no result at '{path}'"):
        read_card(path)
    for text in (b"{", b"\x00", b"\xff", b"[" * 100_000):
        path.write_bytes(text)
        with pytest.raises(DataError, match=f"the result '{path}' cannot be read: ") as error:
            read_card(path)
        assert "\n" not in str(error.value)
    path.write_text("[]")
    with pytest.raises(DataError, match="must hold a JSON object, found list"):
        read_card(path)


def test_values_by_dotted_key():
    card = {"dataset": {"name": "ntu60", "crop": None}}
    assert card_value(card, "dataset.name") == "ntu60" and card_value(card, "dataset.crop", 1) is None
    assert card_value(card, "dataset.split") is None and card_value(card, "dataset.name.x", 1) == 1
