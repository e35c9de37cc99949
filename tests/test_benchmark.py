"""The command ``benchmark``: its options, table and JSON; tests/performance has the measurements."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys

import pytest

from skgraph.benchmark import _name_first, main
from tests.test_configs import SMALL


def test_a_table_is_printed_and_json_written(store_path, tmp_path, monkeypatch, capsys):
    out = tmp_path / "data.json"
    recipe = ["dataset=store", f"dataset.root={store_path}", "patch_length=4", *SMALL]
    sizes = ["benchmark.sizes.batch_size=4", "benchmark.sizes.repeats=1"]
    arguments = ["data", *sizes, f"recipe={recipe}", f"out={out}"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(arguments)])
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python3", "-m", "skgraph.benchmark", *arguments])
    monkeypatch.chdir(tmp_path)
    main()
    assert "data_path_ms" in capsys.readouterr().out
    record = json.loads(out.read_text())
    assert record["benchmark"] == "data" and record["sizes"] == {"batch_size": 4, "repeats": 1}
    assert 0 < record["measured"]["data_path_share_of_step"] < 1
    assert {"device", "versions", "date"} <= record.keys()
    assert record["command"].startswith("python -m skgraph.benchmark data benchmark.sizes.batch_size=4")


def test_robustness_leaves_table_and_figure_in_the_run(run_folder, store_path, tmp_path, monkeypatch, capsys):
    run, out = shutil.copytree(run_folder, tmp_path / "r"), tmp_path / "out.json"
    options = [f"run={run}", "dataset=store", f"dataset.root={store_path}", "device=cpu", "seed=1", f"out={out}"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(["robustness", *options])])
    main()
    printed = capsys.readouterr().out
    folder = run / "robustness" / f"{store_path.name}_xsub_seed1"
    assert (folder / "robustness.md").read_text() in printed and f"written: {folder}" in printed
    assert (folder / "robustness.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((folder / "robustness.csv").open()))
    assert [rows[1][key] for key in ("defect", "strength", "unit")] == ["missing joints", "10", "% of joints"]
    measured = json.loads(out.read_text())["measured"]
    assert len(rows) == 19 and len(measured) == 19 * 6
    value = measured["missing joints, 10 % of joints, knn, trained"]
    assert float(rows[1]["knn trained"]) == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "benchmark.sizes.repeats=0"], "benchmark.sizes: repeats must be at least 1, found 0"),
        (["flops", "benchmark.sizes.bodies=a"], "benchmark.sizes.bodies must be a whole number, found 'a'"),
        (["flops", "+benchmark.sizes.foo=1"], "benchmark.sizes has no foo"),
        (["flops", "recipe=[3]"], "recipe must be a list of overrides"),
        (["flops", "recipe=abc"], "recipe must be a list of overrides"),
        (["train", "benchmark.sizes.reference=foo"], "benchmark.sizes.reference must be one of mamp, .*found 'foo'"),
        (["flops", "profiles=/tmp"], "profiles must be a folder that exists, for the benchmark train, found '/tmp'"),
        (
            ["flops", "out=/nowhere/at/all.json"],
            "out must be a file that ends in .json, in a folder that exists, found '/nowhere/at/all.json'",
        ),
        (["robustness"], r"say run=\.\.\. on the command line"),
        (["robustness", "run=a", "seed=b"], "seed must be a whole number, found 'b'"),
        (["robustness", "run=a", "recipe=[x]"], "recipe is for pre-trainings, of which the benchmark robustness "),
        (["data", "run=a"], "could not override 'run'"),
        (["speed"], "could not find 'benchmark/speed': available options .* are data, encode, flops, .*"),
    ],
)
def test_bad_options_are_refused_before_anything_is_measured(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(arguments)])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main()
    assert re.search(f"(?i)^error: .*{message}", capsys.readouterr().err)


def test_the_first_word_names_the_benchmark():
    assert _name_first(["data", "out=x"]) == ["benchmark=data", "out=x"]
    assert _name_first(["out=x"]) == ["out=x"] and _name_first(["--help"]) == ["--help"]
