"""The benchmark ``learning``: two tasks, one method, two seeds, on a tiny store."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from skgraph.api.pretraining import train
from skgraph.errors import ConfigError, DataError
from skgraph.evaluation import Result
from skgraph.performance.learning import benchmark_learning, format_learning
from tests.test_configs import composed


@pytest.fixture(scope="module")
def study(store_path, tmp_path_factory):
    runs = tmp_path_factory.mktemp("learning") / "runs"
    common = ["dataset=store", f"dataset.root={store_path}", "patch_length=4", "frames=16", "trainer.progress=false"]
    common += ["encoder.dim=16", "encoder.depth=1", "encoder.heads=2"]
    steps = ["trainer.steps=2", "trainer.batch_size=8", "precision=fp32", "objective=lejepa"]
    configs = {
        "all/lejepa": composed(*common, *steps),
        "few/lejepa": composed(*common, *steps, "dataset.train_clips=12"),
    }
    return configs, runs, benchmark_learning(configs, train, str(runs), [0, 1])


def test_means_over_seeds_of_every_column(study):
    _, runs, measured = study
    paths = [next((runs / "all" / "lejepa" / str(seed)).glob("evaluation/knn_*/result.json")) for seed in (0, 1)]
    results = [Result.load(path) for path in paths]
    assert measured["all/lejepa knn trained"] == pytest.approx(sum(r.metrics["top1"] for r in results) / 2)
    for name in ("random_init", "raw_coordinates"):
        expected = sum(r.baselines[name]["top1"] for r in results) / 2
        assert measured[f"all/lejepa knn {name}"] == pytest.approx(expected)
    assert measured["few/lejepa seconds"] > 0 and len(measured) == 2 * 7


def test_probes_learn_from_the_fewer_clips(study):
    _, runs, _ = study
    (path,) = (runs / "few" / "lejepa" / "0").glob("evaluation/linear_*/result.json")
    assert Result.load(path).dataset.train_clips == 12


def test_a_finished_run_is_not_trained_again(study):
    configs, runs, measured = study
    assert benchmark_learning(configs, lambda config: pytest.fail("trained again"), str(runs), [0, 1]) == measured


def test_a_stopped_training_ends_the_study(study, tmp_path):
    with pytest.raises(SystemExit) as stop:
        benchmark_learning(study[0], lambda config: 15, str(tmp_path), [0])
    assert stop.value.code == 143


@pytest.mark.parametrize(
    ("names", "runs", "seeds", "message"),
    [
        ([], "r", [0], "benchmark.tasks and benchmark.methods must each name at least one"),
        (["a/b/c"], "r", [0], "called by letters, digits and _.+-, found 'a/b/c'"),
        (["../b"], "r", [0], "called by letters, digits and _.+-, found '../b'"),
        (["a/b"], "", [0], "benchmark.sizes.runs must be a folder, found ''"),
        (["a/b"], "r", [], "seeds must be different numbers of at least 0, found []"),
        (["a/b"], "r", [0, 0], "seeds must be different numbers of at least 0, found [0, 0]"),
    ],
)
def test_nothing_is_trained_before_the_options_are_checked(names, runs, seeds, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=re.escape(message)):
        benchmark_learning({name: {} for name in names}, lambda config: pytest.fail("trained"), runs, seeds)
    assert not list(tmp_path.iterdir())


def test_runs_that_were_moved_damaged_or_of_another_configuration(study, tmp_path):
    configs, runs, measured = study
    runs, fail = Path(shutil.copytree(runs, tmp_path / "runs")), partial(pytest.fail, "trained")
    assert benchmark_learning(configs, fail, str(runs), [0, 1]) == measured
    changed = {key: config | {"min_frames": 9} for key, config in configs.items()}
    with pytest.raises(ConfigError, match="holds a run of another configuration"):
        benchmark_learning(changed, fail, str(runs), [0])
    (path,) = (runs / "all" / "lejepa" / "0").glob("evaluation/knn_*/result.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"raw_coordinates": None}))
    with pytest.raises(DataError, match="lacks the evaluation knn with both baselines"):
        benchmark_learning(configs, fail, str(runs), [0])
    (runs / "all" / "lejepa" / "0" / "learning.json").write_text("[]")
    with pytest.raises(DataError, match=r"learning\.json' is damaged"):
        benchmark_learning(configs, fail, str(runs), [0])


def test_the_table(study):
    _, runs, _ = study
    lines = (runs / "learning.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[-2:]] == ["| all", "| few"]
    values = {f"{p} {c}": 50.0 for p in ("knn", "linear") for c in ("trained", "random_init", "raw_coordinates")}
    text = format_learning({"a/b": values | {"knn trained": 61.25, "seconds": 9.6}}, 3)
    assert "| a | b | 61.2 / 50.0 / 50.0 (+11.2) | 50.0 / 50.0 / 50.0 (+0.0) | 10 |" in text
