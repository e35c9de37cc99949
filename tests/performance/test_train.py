import json

import pytest

from skgraph.performance.train import BODIES_PER_CLIP, benchmark_train
from tests.performance.small import MAMP, small_pretraining


def test_methods_are_compared_in_one_run(tmp_path):
    configs = {
        "sjepa": small_pretraining("objective=sjepa", "objective.predictor.depth=1"),
        "mamp": small_pretraining(*MAMP),
    }
    configs["mamp"]["dataset"]["root"] = "data/ntu60"
    calls = []
    measured = benchmark_train(
        configs,
        "ntu_rgbd",
        bodies=2,
        repeats=2,
        reference="mamp",
        profiles=str(tmp_path),
        baselines={"other": (lambda: calls.append(1), 3)},
    )
    assert measured["mamp over mamp"] == 1
    assert measured["sjepa over mamp"] == pytest.approx(measured["sjepa bodies/s"] / measured["mamp bodies/s"])
    assert measured["sjepa clips/s"] == pytest.approx(measured["sjepa bodies/s"] / BODIES_PER_CLIP)
    assert measured["mamp over other"] == pytest.approx(measured["mamp clips/s"] / measured["other clips/s"])
    assert len(calls) == 4  # a warm-up and a timed step in each of two turns
    shares = [measured[f"mamp share of {phase}"] for phase in ("views", "forward", "backward", "update")]
    assert sum(shares) == pytest.approx(1)
    bodies = configs["mamp"]["trainer"]["steps"] * configs["mamp"]["trainer"]["batch_size"]
    hours = bodies / measured["mamp bodies/s"] / 3600
    assert measured["mamp hours of its recipe"] == pytest.approx(hours)
    assert 0 < measured["mamp share of that product"] and 0 < measured["mamp memory, GiB"]
    for name in configs:
        assert json.loads((tmp_path / f"profile_{name}.json").read_text())["traceEvents"]
