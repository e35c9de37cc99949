"""The benchmarks measure what they say; no time is asserted."""

from __future__ import annotations

import json
import sys

import pytest

from skgraph.benchmark import _name_first, main
from skgraph.benchmarks.data import benchmark_data
from skgraph.benchmarks.store import benchmark_store
from skgraph.benchmarks.timing import median_seconds
from tests.test_configs import SMALL, composed


def test_median_of_calls_after_warm_up():
    calls = []
    assert median_seconds(lambda: calls.append(1), repeats=3, warmup=2) >= 0
    assert len(calls) == 5


def test_data_reports_times_and_their_ratios(store_path):
    config = composed("dataset=store", f"dataset.root={store_path}", "patch_length=4", *SMALL)
    measured = benchmark_data(config, batch_size=16, repeats=3)
    ratio = measured["graph_by_graph_ms"] / measured["data_path_ms"]
    assert measured["graph_by_graph_over_data_path"] == pytest.approx(ratio)
    assert measured["gather_ms"] < measured["data_path_ms"] and 0 < measured["data_path_share_of_step"] < 1


def test_store_reports_opening_and_memory():
    measured = benchmark_store(clips=50, frames=10, batch_size=8, repeats=3)
    assert measured["clips"] == 50 and measured["store_mib"] == pytest.approx(50 * 10 * 75 * 2 / 2**20)
    assert measured["open_seconds"] > 0 and measured["read_ms_per_batch"] > 0


def test_the_verb_prints_a_table_and_writes_json(tmp_path, monkeypatch, capsys):
    out = tmp_path / "store.json"
    arguments = ["store", "benchmark.sizes.clips=20", "benchmark.sizes.repeats=2", f"out={out}"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *_name_first(arguments)])
    monkeypatch.chdir(tmp_path)
    main()
    assert "open_seconds" in capsys.readouterr().out
    record = json.loads(out.read_text())
    assert record["benchmark"] == "store" and record["measured"]["clips"] == 20 and record["sizes"]["clips"] == 20


def test_the_first_word_names_the_benchmark():
    assert _name_first(["data", "out=x"]) == ["benchmark=data", "out=x"]
    assert _name_first(["out=x"]) == ["out=x"] and _name_first(["--help"]) == ["--help"]
