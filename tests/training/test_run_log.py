from __future__ import annotations

import json
import shutil

import pytest
import torch
from google.protobuf import text_format
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from skgraph.errors import DataError
from skgraph.training.run_log import RunLog


def read(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_records_are_lines_of_json(tmp_path):
    log = RunLog(tmp_path)
    log.scalars(10, {"loss": 1.5})
    log.histogram(10, "features", torch.randn(50))
    log.close()
    assert read(tmp_path) == [{"step": 10, "loss": 1.5}]
    assert list((tmp_path / "tensorboard").iterdir())


def test_resuming_forgets_what_lies_beyond_the_checkpoint_and_half_a_line(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 10, "loss": 3}\n{"step": 20, "loss": 2}\n{"step": 30, "lo')
    log = RunLog(tmp_path, step=10)
    log.scalars(20, {"loss": 1.0})
    log.close()
    assert read(tmp_path) == [{"step": 10, "loss": 3}, {"step": 20, "loss": 1.0}]


def test_a_new_run_starts_empty(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 10, "loss": 3}\n')
    RunLog(tmp_path).close()
    assert read(tmp_path) == []


def test_the_projector_shows_the_last_features_with_their_labels(tmp_path):
    log = RunLog(tmp_path)
    labels = {"action": ["wave\tat", "kick"], "clip": ["a", "b\n"]}
    log.embedding(1, torch.zeros(2, 3), labels)
    log.embedding(5, torch.tensor([[1.0, 2.0, -0.5], [0.0, 1e-9, 3.0]]), labels)
    log.close()
    folder = tmp_path / "tensorboard"
    (shown,) = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    assert shown.tensor_name == "features, step 5"
    assert (folder / shown.tensor_path).read_text() == "1\t2\t-0.5\n0\t1e-09\t3\n"
    assert (folder / shown.metadata_path).read_text() == "action\tclip\nwave at\ta\nkick\tb\n"


def test_a_folder_that_is_deleted_meanwhile_is_said(tmp_path, capfd):
    (tmp_path / "r").mkdir()
    log = RunLog(tmp_path / "r")
    log.scalars(1, {"loss": 1.0})
    log._board.flush()
    shutil.rmtree(tmp_path / "r")
    with pytest.raises(DataError, match="was deleted while its training ran"):
        log.scalars(2, {"loss": 1.0})
    log.close()
    assert "Traceback" not in capfd.readouterr().err
