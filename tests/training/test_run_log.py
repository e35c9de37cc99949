from __future__ import annotations

import json
import shutil

import pytest

from skgraph.errors import DataError
from skgraph.training.run_log import RunLog


class Recorder:
    """A logger that keeps what it gets."""

    def __init__(self, step, logged):
        self.step, self.logged, self.calls, self.closed = step, logged, [], False

    def log(self, step, scalars):
        self.calls.append((step, dict(scalars)))

    def close(self):
        self.closed = True


def read(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_records_are_lines_of_json_and_go_to_the_logger(tmp_path):
    log = RunLog(tmp_path, open_logger=Recorder)
    log.log(10, {"loss": 1.5})
    assert read(tmp_path) == [{"step": 10, "loss": 1.5}]  # at once
    log.close()
    assert log.logger.calls == [(10, {"loss": 1.5})] and log.logger.closed


def test_the_logger_is_tensorboard_by_default(tmp_path):
    RunLog(tmp_path).close()
    assert [path.name.split(".")[0] for path in (tmp_path / "tensorboard").iterdir()] == ["events"]


def test_resuming_forgets_what_lies_beyond_the_checkpoint_and_half_a_line(tmp_path):
    (tmp_path / "metrics.jsonl").write_text(
        '{"step": 10, "loss": 3}\n{"step": 10, "rankme": 5}\n{"step": 20, "loss": 2}\n{"step": 30, "lo'
    )
    log = RunLog(tmp_path, step=10, open_logger=Recorder)
    assert log.logger.step == 10 and log.logger.logged == {"step": 20, "loss": 20, "rankme": 10}
    log.log(20, {"loss": 1.0})
    log.close()
    assert read(tmp_path) == [{"step": 10, "loss": 3}, {"step": 10, "rankme": 5}, {"step": 20, "loss": 1.0}]


def test_a_new_run_starts_empty(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 10, "loss": 3}\n')
    RunLog(tmp_path).close()
    assert read(tmp_path) == []


def test_a_folder_that_is_deleted_meanwhile_is_said(tmp_path, capfd):
    (tmp_path / "r").mkdir()
    log = RunLog(tmp_path / "r")
    log.log(1, {"loss": 1.0})
    log.logger._board.flush()
    shutil.rmtree(tmp_path / "r")
    with pytest.raises(DataError, match="was deleted while its training ran"):
        log.log(2, {"loss": 1.0})
    log.close()
    assert "Traceback" not in capfd.readouterr().err
