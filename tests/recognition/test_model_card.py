from __future__ import annotations

import json
from dataclasses import replace

from skgraph.evaluation import PretrainedRun, compare
from skgraph.evaluation.model_folder import Head
from skgraph.recognition.model_card import model_card
from tests.made_up_evaluations import made_up_content


def test_what_a_card_says(run_folder, recogniser, store):
    (knn,) = compare(run_folder, store, "xsub", ["knn"], "cpu", "fp32", progress=False)
    run = PretrainedRun.open(run_folder)
    card = model_card(run, Head(recogniser.probe, recogniser.class_names, None))
    for text in (
        "| objective | SJEPA |",
        "| topology | ntu_rgbd, 25 joints, 3D |",
        "| classes | a, b, c, d |",
        run.content_hash[:16],
        " | ".join(f"{x['top1']:.1f}" for x in (knn.metrics, knn.random_init, knn.raw_coordinates)),
    ):
        assert text in card
    assert "classes" not in model_card(run)


def test_other_protocols_are_not_listed(run_folder, tmp_path):
    detection = {"protocol": "detection", "map_at_0.5": 30.0, "random_init": {"map_at_0.5": 20.0}}
    for name, changes in (("a", detection | {"top1": None}), ("b", {"protocol": "scratch", "random_init": None})):
        (tmp_path / "evaluation" / name).mkdir(parents=True)
        content = made_up_content(**changes)
        if name == "a":
            del content["top1"]
        (tmp_path / "evaluation" / name / "result.json").write_text(json.dumps(content))
    run = replace(PretrainedRun.open(run_folder), folder=tmp_path)
    assert "Top-1" not in model_card(run)
    (tmp_path / "evaluation" / "c").mkdir()
    (tmp_path / "evaluation" / "c" / "result.json").write_text(json.dumps(made_up_content()))
    assert "| linear | ntu60, xsub | 80.0 | 50.0 |  |" in model_card(run)


def test_a_better_baseline_is_said(run_folder, tmp_path):
    (tmp_path / "evaluation" / "a").mkdir(parents=True)
    content = made_up_content(raw_coordinates={"top1": 83.5}, causes=["few steps"])
    (tmp_path / "evaluation" / "a" / "result.json").write_text(json.dumps(content))
    card = model_card(replace(PretrainedRun.open(run_folder), folder=tmp_path))
    assert "| 80.0 | 50.0 | 83.5 |" in card
    assert "linear is 3.5 points below raw coordinates; likely causes: few steps" in card


def test_names_are_no_html(run_folder, tmp_path):
    run = replace(PretrainedRun.open(run_folder), folder=tmp_path / "<img src=x>", origin="a & b <script>|")
    card = model_card(run)
    assert "<img" not in card and "<script>" not in card
    assert "# &lt;img src=x&gt;" in card and "a &amp; b &lt;script&gt;\\|" in card
