from __future__ import annotations

import json
import math
import shutil

import pytest

from skgraph.errors import DataError
from skgraph.result_tables.collection import collect
from tests.made_up_evaluations import made_up_content, write_evaluation


def test_results_are_found_below_folders_and_once(tmp_path):
    a, b = (write_evaluation(tmp_path / "runs", run) for run in ("a", "b"))
    for paths in ([tmp_path], [tmp_path / "runs"], [a, b, a / "result.json"], [tmp_path / "runs" / "a", str(b)]):
        found, warnings = collect(paths)
        assert [result.run for result in found] == ["a", "b"] and warnings == []


def test_half_written_and_replaced_results_are_left_out(tmp_path):
    shown = write_evaluation(tmp_path / "runs", "b")
    for name in (f".{shown.name}.123.partial", f".{shown.name}.123.replaced"):
        shutil.copytree(shown, shown.with_name(name))
        (shown.with_name(name) / "result.json").write_text(json.dumps(made_up_content(run=name, top1=99.0)))
    found, warnings = collect([tmp_path])
    assert [result.run for result in found] == ["b"] and warnings == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("\x00", "cannot be read"),
        ("[1]", "result must be a JSON object, found list"),
        ("{}", "result lacks protocol, objective, encoder, dataset, config"),
        (json.dumps(made_up_content(dataset={})), "dataset lacks name, split, content_hash"),
        (json.dumps(made_up_content(objective=None)), "result lacks objective"),
        (json.dumps(made_up_content(config=None)), "result lacks config"),
        (json.dumps(made_up_content(top1=math.nan)), "result.top1 must be in per cent, found 'nan'"),
        (json.dumps(made_up_content(top1=101)), "result.top1 must be in per cent, found '101'"),
        (json.dumps(made_up_content(top1="80")), "result.top1 must be in per cent, found '80'"),
        (json.dumps(made_up_content(random_init={})), "random_init lacks top1"),
        (json.dumps(made_up_content(best="12")), "best must be a JSON object, found '"),
        (json.dumps(made_up_content(best=[None])), "best must be a JSON object, found '"),
        (json.dumps(made_up_content(top1_std="1")), "result.top1_std must be in per cent"),
        (json.dumps(made_up_content(run="\ud800")), "cannot be read"),
        (json.dumps(made_up_content(top1=10**400)), "cannot be read: a number of 401 digits"),
        (json.dumps(made_up_content(recipe=[1])), "result.recipe must be a word or null"),
        (json.dumps(made_up_content(options={"fraction": "a"})), "options.fraction must be in (0, 1]"),
        (json.dumps(made_up_content(members=[1])), "members must be a JSON object, found int"),
        (json.dumps(made_up_content(members={})), "result.members must be a list, found '{}'"),
        (json.dumps(made_up_content(top1=None)), "its top1 is not defined"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_reported(tmp_path, text, message):
    write_evaluation(tmp_path, "a")
    bad = write_evaluation(tmp_path, "b")
    (bad / "result.json").write_text(text)
    found, (warning,) = collect([tmp_path])
    assert [result.run for result in found] == ["a"]
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


def test_a_baseline_that_is_not_defined_is_left_out_alone(tmp_path):
    folder = write_evaluation(tmp_path, "a", raw_coordinates={"top1": 70.0}, random_init__top1=None)
    (result,), warnings = collect([folder])
    assert result.baselines == {"raw_coordinates": {"top1": 70.0}} and not warnings
