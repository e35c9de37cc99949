from __future__ import annotations

import sys

import pytest

from skgraph.errors import ConfigError
from skgraph.training.loggers import MLflowLogger


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ConfigError, match=r"logger=mlflow needs mlflow: pip install 'skgraph\[mlflow\]'"):
        MLflowLogger(tmp_path)


def test_a_resumed_training_logs_no_step_twice(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # the client alone has no database
    uri = (tmp_path / "mlruns").as_uri()
    folder = tmp_path / "r"
    folder.mkdir()
    config = {"seed": 3, "encoder": {"dim": 16}}
    first = MLflowLogger(folder, run_config=config, experiment="e", tracking_uri=uri)
    first.log(10, {"loss": 3.0})
    first.log(20, {"loss": 2.0})
    first.close()
    again = MLflowLogger(folder, {"step": 20, "loss": 20}, config, experiment="e", tracking_uri=uri)
    again.log(20, {"loss": 2.5})
    again.log(20, {"rankme": 5.0})
    again.log(30, {"loss": 1.0})
    again.close()
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("e").experiment_id])
    assert run.info.run_name == "r" and run.info.status == "FINISHED"
    assert run.data.params == {"seed": "3", "encoder.dim": "16"}
    losses = sorted((metric.step, metric.value) for metric in client.get_metric_history(run.info.run_id, "loss"))
    assert losses == [(10, 3.0), (20, 2.0), (30, 1.0)] and run.data.metrics["rankme"] == 5.0
