from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from skgraph.errors import DataError
from skgraph.evaluation.ensemble.fusion import fuse_results, save_ensemble
from skgraph.evaluation.results.result import EnsembleResult, Result, join_warnings, value_at
from tests.made_up_evaluations import made_up_content, made_up_result, write_evaluation


def test_a_result_comes_back(tmp_path):
    result = made_up_result(**{"map_at_0.5": 3.5, "best": None})
    result.save(tmp_path)
    assert Result.load(tmp_path / "result.json") == result and result.metrics["map_at_0.5"] == 3.5
    assert result.members == (result,) and result.best_epochs == [] and result.headline == ("top1", "top-1 accuracy")


def test_the_keys_and_their_order_stay(tmp_path):
    content = json.loads((write_evaluation(tmp_path) / "result.json").read_text())
    again = Result.from_dict(content, Path("result.json")).to_dict()
    assert {key: again[key] for key in content.keys() - {"pretrained_on"}} | {
        "pretrained_on": content["pretrained_on"]
    } == content
    keys = "protocol label recipe options pretrained run objective encoder stream top1 top5 top1_interval mean_class "
    keys += "best random_init raw_coordinates causes rankme feature_std dataset pretrained_on crop crops bodies pool "
    keys += "validation joint_map step "
    assert list(again) == [
        *keys.split(),
        "seed",
        "device",
        "precision",
        "processes",
        "versions",
        "date",
        "config",
        "seconds",
    ]
    assert list(again["dataset"]) == list(content["dataset"])


def test_baselines_that_are_better_are_named():
    result = made_up_result(top1=60.0, random_init={"top1": 61.5}, raw_coordinates={"top1": 70.0})
    result = replace(result, causes=["few steps"])
    assert result.below == {"random_init": 1.5, "raw_coordinates": 10.0}
    worse = "linear is 1.5 points below random init, linear is 10.0 points below raw coordinates"
    assert join_warnings([result]) == f"{worse}; likely causes: few steps"
    other = replace(result, label="knn", raw_coordinates=None, causes=["few steps, 9", "another unit", "a third"])
    assert join_warnings([result, other]) == (
        f"{worse}, knn is 1.5 points below random init; likely causes: few steps; another unit"
    )
    better = replace(result, raw_coordinates={"top1": None}, random_init={"top1": 60.0})
    assert better.below == {} and join_warnings([better]) is None


def test_an_ensemble_comes_back(tmp_path):
    save_ensemble(fuse_results([write_evaluation(tmp_path, stream) for stream in ("joint", "bone")]), tmp_path / "e")
    path = tmp_path / "e" / "result.json"
    result, content = Result.load(path), json.loads(path.read_text())
    assert isinstance(result, EnsembleResult) and json.loads(json.dumps(result.to_dict())) == content
    keys = "protocol recipe options run stream objective encoder seed step top1 top5 weights members table best_member"
    keys += " above_best_member dataset crop crops bodies pool validation joint_map versions date"
    assert list(content) == keys.split() and [member.stream for member in result.members] == ["joint", "bone"]
    keys = "folder weight run stream objective encoder seed step top1 top5 pretrained_on config"
    assert list(content["members"][0]) == keys.split()


def test_an_older_result_lacks_keys():
    content = made_up_content()
    for key in ("recipe", "crops", "validation", "joint_map", "pretrained_on", "random_init"):
        content.pop(key)
    content["dataset"].pop("preprocessing")
    result = Result.from_dict(content | {"bodies": None}, Path("result.json"))
    assert (result.recipe, result.crops, result.validation, result.joint_map) == (None, 1, 0.0, None)
    assert result.bodies == "present" and result.random_init is None and result.dataset.preprocessing is None


def test_numbers_are_plain(tmp_path):
    made_up_result().save(tmp_path)
    before = (tmp_path / "result.json").read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        made_up_result(mean_class=float("nan")).save(tmp_path)
    assert (tmp_path / "result.json").read_bytes() == before


def test_a_damaged_file(tmp_path):
    path = tmp_path / "result.json"
    with pytest.raises(DataError, match=f"no result at '{path}'"):
        Result.load(path)
    for text in (b"{", b"\x00", b"\xff", b"[" * 100_000):
        path.write_bytes(text)
        with pytest.raises(DataError, match=f"the result '{path}' cannot be read: ") as error:
            Result.load(path)
        assert "\n" not in str(error.value)
    path.write_text("[]")
    with pytest.raises(DataError, match="cannot be used: result must be a JSON object, found list"):
        Result.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crops": "two"}, "result.crops must be a whole number, found 'two'"),
        ({"dataset__split": 3}, "dataset.split must be a word, found '3'"),
        ({"dataset__split": None}, "dataset lacks split"),
        ({"pretrained_on": "data/a"}, "pretrained_on must be a JSON object, found str"),
        ({"config": []}, "result.config must be a mapping"),
        ({"best": {"epoch": 3}}, "best lacks top1"),
    ],
)
def test_the_key_at_fault_is_named(changes, message):
    with pytest.raises(DataError) as error:
        made_up_result("x/result.json", **changes)
    assert str(error.value).startswith(f"the result 'x/result.json' cannot be used: {message}")


def test_values_by_dotted_key():
    content = {"dataset": {"name": "ntu60", "crop": None}}
    assert value_at(content, "dataset.name") == "ntu60" and value_at(content, "dataset.crop", 1) is None
    assert value_at(content, "dataset.split") is None and value_at(content, "dataset.name.x", 1) == 1
