"""``python -m benchmarks``: its configurations, and one measurement from the command line."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

import pytest
from hydra.utils import get_method

import benchmarks.__main__
from tests.documents import ROOT, compose_benchmark

NAMES = sorted(path.stem for path in (ROOT / "benchmarks" / "configs" / "benchmark").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_has_the_sizes_of_its_benchmark(name):
    benchmark = compose_benchmark([name]).benchmark
    parameters = inspect.signature(get_method(benchmark["_target_"])).parameters
    options = {"config", "configs", "published", "profiles"}
    assert set(parameters) - options == set(benchmark.sizes)


def test_the_help_names_every_benchmark():
    words = benchmarks.__main__.__doc__.replace(",", " ").split()
    assert set(NAMES) <= set(words)


SIZES = [f"benchmark.sizes.{size}" for size in ("clips=20", "many_clips=40", "shares=2", "batch_size=8", "repeats=2")]


def test_a_benchmark_writes_json(tmp_path):
    out = tmp_path / "store.json"
    command = ["-m", "benchmarks", "store", *SIZES, f"out={out}"]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "joined/open_s" in done.stdout
    record = json.loads(out.read_text())
    assert record["benchmark"] == "store" and record["measured"]["few/clips"] == record["sizes"]["clips"] == 20
    assert record["command"].split()[:4] == ["python", "-m", "benchmarks", "store"]
