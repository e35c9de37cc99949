from __future__ import annotations

import sys

import pytest

from skgraph.diagnose import main
from tests.diagnosis.conftest import kept_run  # noqa: F401


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["diagnose", *arguments])
    main()


def test_one_command(kept_run, monkeypatch, capsys):  # noqa: F811
    call(monkeypatch, f"run={kept_run}", "device=cpu")
    out = capsys.readouterr().out
    assert "like untrained" in out and f"written: {kept_run / 'diagnosis'}" in out
    assert (kept_run / "diagnosis" / "diagnosis.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run=nowhere"], "error: no checkpoint at 'nowhere/checkpoint.pt'"),
        (["bodies=some"], "error: diagnose.bodies must be a whole number, found 'some'"),
        (["bodies=0"], "error: diagnose: bodies must be at least 20, found 0"),
        (["dataset=store", "dataset.root=nowhere"], "error: no store at 'nowhere'"),
    ],
)
def test_bad_input(kept_run, monkeypatch, capsys, arguments, message):  # noqa: F811
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={kept_run}", *arguments)
    assert message in capsys.readouterr().err
