from __future__ import annotations

import sys

import pytest

from skgraph.evaluate import main
from skgraph.export import main as export_main


def call(monkeypatch, command, *arguments):
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    command()


def test_a_model_folder_is_evaluated_on_a_store_that_is_named(run_folder, store_path, tmp_path, monkeypatch, capsys):
    model = tmp_path / "model"
    call(monkeypatch, export_main, f"run={run_folder}", f"out={model}")
    call(monkeypatch, main, f"run={model}", "protocol=knn", "dataset=store", f"dataset.root={store_path}")
    assert f"written: {model}/evaluation/knn_" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call(monkeypatch, main, f"run={model}", "protocol=knn")
    assert "error: no store is named, and a model folder has none: say dataset=store" in capsys.readouterr().err
