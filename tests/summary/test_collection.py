from __future__ import annotations

import json
import math

import pytest

from skgraph.errors import DataError
from skgraph.summary.collection import best_epochs, collect, parts
from tests.made_up_evaluations import made_up_card, write_evaluation


def test_results_are_found_below_folders_and_once(tmp_path):
    a, b = (write_evaluation(tmp_path / "runs", run) for run in ("a", "b"))
    for paths in ([tmp_path], [tmp_path / "runs"], [a, b, a / "result.json"], [tmp_path / "runs" / "a", str(b)]):
        found, warnings = collect(paths)
        assert [result.card["run"] for result in found] == ["a", "b"] and warnings == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("\x00", "cannot be read"),
        ("[1]", "must hold a JSON object, found list"),
        ("{}", "it has no protocol"),
        (json.dumps(made_up_card(dataset={})), "it has no dataset.name"),
        (json.dumps(made_up_card(objective=None)), "it has no objective"),
        (json.dumps(made_up_card(config=None)), "it has no config"),
        (json.dumps(made_up_card(top1=math.nan)), "it has no top1 in per cent"),
        (json.dumps(made_up_card(top1=101)), "it has no top1 in per cent"),
        (json.dumps(made_up_card(top1="80")), "it has no top1 in per cent"),
        (json.dumps(made_up_card(random_init={})), "it has no top1 in per cent"),
        (json.dumps(made_up_card(best="12")), "it has no best epoch that is a mapping"),
        (json.dumps(made_up_card(best=[None])), "it has no best epoch that is a mapping"),
        (json.dumps(made_up_card(top1_std="1")), "it has no top1_std in per cent"),
        (json.dumps(made_up_card(run="\ud800")), "cannot be read"),
        (json.dumps(made_up_card(top1=10**400)), "cannot be read: a number of 401 digits"),
        (json.dumps(made_up_card(recipe=[1])), "it has no recipe that is a word"),
        (json.dumps(made_up_card(options={"fraction": "a"})), "it has no fraction"),
        (json.dumps(made_up_card(members=[1])), "it has no objective"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_reported(tmp_path, text, message):
    write_evaluation(tmp_path, "a")
    bad = write_evaluation(tmp_path, "b")
    (bad / "result.json").write_text(text)
    found, (warning,) = collect([tmp_path])
    assert [result.card["run"] for result in found] == ["a"]
    assert str(bad / "result.json") in warning and message in warning and "\n" not in warning
    with pytest.raises(DataError, match="1 cannot be used, the first: the result"):
        collect([bad])


def test_nothing_found(tmp_path):
    with pytest.raises(DataError, match=f"there is no result.json of an evaluation at or below '{tmp_path}'$"):
        collect([tmp_path])
    with pytest.raises(DataError, match=r"'.*/nowhere' does not exist"):
        collect([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="no path at all"):
        collect([])


def test_an_ensemble_has_parts():
    members = [{"run": "a"}, {"run": "b"}]
    assert parts({"members": members}) == members and parts({"run": "a"}) == [{"run": "a"}]


def test_best_epochs_are_a_list():
    best = {"epoch": 90, "top1": 81.5}
    assert [best_epochs({"best": value}) for value in (None, best, [best, best])] == [[], [best], [best, best]]
