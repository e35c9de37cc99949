from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from skgraph.errors import ConfigError
from skgraph.training.loggers import WandbLogger


class Service:
    """Stands in for the package: keeps the arguments of each run, and the rows that it gets."""

    def __init__(self):
        self.runs, self.rows = [], []

    def init(self, **options):
        self.runs.append(options)
        log = lambda values, step: self.rows.append((step, values))  # noqa: E731
        return SimpleNamespace(id=options["id"] or "made", log=log, finish=lambda: self.rows.append("end"))


def test_a_resumed_training_logs_no_step_twice(tmp_path, monkeypatch):
    service = Service()
    monkeypatch.setitem(sys.modules, "wandb", service)
    first = WandbLogger(tmp_path, run_config={"seed": 3}, project="p", mode="offline")
    first.log(10, {"loss": 3.0})
    first.log(20, {"loss": 2.0})
    WandbLogger(tmp_path, logged={"loss": 20})  # resumed at step 10, and killed again before step 20
    again = WandbLogger(tmp_path, logged={"loss": 10})
    again.log(20, {"loss": 2.0})
    again.log(20, {"rankme": 5.0})
    again.log(30, {"loss": 1.0})
    again.close()
    assert service.rows == [(10, {"loss": 3.0}), (20, {"loss": 2.0}), (20, {"rankme": 5.0}), (30, {"loss": 1.0}), "end"]
    new, resumed, _ = service.runs
    assert (new["id"], new["resume"], new["project"], new["mode"]) == (None, None, "p", "offline")
    assert (resumed["id"], resumed["resume"]) == ("made", "allow")
    assert new["config"] == {"seed": 3} and new["name"] == tmp_path.name


def test_a_run_of_another_logger_starts_where_it_is(tmp_path, monkeypatch):
    service = Service()
    monkeypatch.setitem(sys.modules, "wandb", service)
    WandbLogger(tmp_path, logged={"loss": 20}).log(15, {"loss": 2.0})  # by TensorBoard until now
    assert service.rows == [(15, {"loss": 2.0})]


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigError, match=r"logger=wandb needs wandb: pip install 'skgraph\[wandb\]'"):
        WandbLogger(tmp_path)


def test_the_package_takes_it(tmp_path):
    pytest.importorskip("wandb")
    for logged, steps in (({}, (10, 20)), ({"loss": 20}, (20, 30))):
        logger = WandbLogger(tmp_path, logged, {"encoder": {"dim": 16}}, mode="offline")
        for step in steps:
            logger.log(step, {"loss": 1.0 / step})
        logger.close()
    folders = sorted(path.name for path in (tmp_path / "wandb").glob("offline-run-*"))
    run_id = json.loads((tmp_path / "wandb_run.json").read_text())["id"]
    assert len(folders) == 2 and all(name.endswith(f"-{run_id}") for name in folders)
