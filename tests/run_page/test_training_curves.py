from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from skgraph.errors import DataError
from skgraph.run_page.training_curves import compared_curves, training_curves


def log(folder, *lines):
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_every_number_is_in_the_data(tmp_path):
    folder = log(
        tmp_path,
        '{"step": 10, "loss": 2.5, "lr": 0.1, "epoch": 1.0, "own_term": 7}',
        '{"step": 10, "rankme": 4.0}',
        '{"step": 20, "loss": NaN, "lr": 0.2, "epoch": 2.0, "own_term": null}',
    )
    drawing = training_curves(folder)
    assert drawing.rows[0] == ["step", "loss", "lr", "epoch", "own_term", "rankme"]
    assert drawing.rows[1] == [10, 2.5, 0.1, 1.0, 7, ""] and drawing.rows[2] == [10, "", "", "", "", 4.0]
    assert drawing.kind == "svg" and drawing.content.startswith(b"<?xml")


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", f'{{"step": 1, "loss": {"9" * 400}}}', '{"loss": 1}', '{"step": 1, "loss": "x"}', '{"step": 1}'],
)
def test_a_log_that_is_damaged(tmp_path, text):
    with pytest.raises(DataError, match="the log '.*metrics.jsonl'"):
        training_curves(log(tmp_path, text))


def test_odd_keys_and_values_are_drawn_as_they_can_be(tmp_path):
    odd = {"step": 1, "loss": 1e308, "_own": 1.0, "$x": 2.0, "lo\u0001ss": 3.0, "half\ud800": 1.0}
    folder = log(tmp_path, json.dumps(odd), json.dumps(odd | {"step": 1e308, "loss": -1e308}))
    drawing = training_curves(folder)
    ElementTree.fromstring(drawing.content)
    drawing.save(tmp_path)
    assert (tmp_path / "curves.csv").read_text().startswith("step,loss,_own,$x,")


def test_many_keys_are_in_the_data(tmp_path):
    folder = log(tmp_path, json.dumps({"step": 1, **{f"key{i}": 1.0 for i in range(100)}}))
    assert len(training_curves(folder).rows[0]) == 101


def test_runs_compared(tmp_path):
    runs = {name: tmp_path / name for name in ("a", "b", "damaged", "missing")}
    for name in ("a", "b", "damaged"):
        runs[name].mkdir()
    log(runs["a"], '{"step": 1, "loss": 2.0, "rankme": 4.0, "own": 1}', '{"step": 2, "loss": 1.0}')
    log(runs["b"], '{"step": 1, "loss": 3.0, "rankme": 5.0}')
    log(runs["damaged"], "{")
    (drawing,) = compared_curves(runs)
    assert drawing.rows[0] == ["run", "step", "loss", "rankme", "own"]
    assert drawing.rows[1:] == [["a", 1, 2.0, 4.0, 1], ["a", 2, 1.0, "", ""], ["b", 1, 3.0, 5.0, ""]]
    text = drawing.content.decode()
    assert all(f"<!-- {title} -->" in text for title in ("loss", "effective rank", "a", "b"))
    assert "<!-- own -->" not in text  # of one run alone
    assert compared_curves({"a": runs["a"], "damaged": runs["damaged"]}) == []


def test_no_log(tmp_path):
    with pytest.raises(DataError, match="there is no log"):
        training_curves(tmp_path)
