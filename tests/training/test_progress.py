from __future__ import annotations

import sys

import pytest

from skgraph.training import progress
from skgraph.training.progress import Progress

VALUES = {"loss": 0.51234, "lr": 1e-3, "clips_per_second": 310.4}


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_without_a_terminal_a_line_every_half_minute(clock, caplog, capsys):
    caplog.set_level("INFO", "skgraph")
    shown = Progress(step=100, total=400)
    for step in range(101, 401):
        clock[0] += 1.0
        shown.advance()
        shown.show(step, VALUES)
    shown.close()
    assert len(caplog.messages) == 10
    assert caplog.messages[0] == "step 130 of 400, loss 0.5123, 310 clips/s, 04:30 left"
    assert caplog.messages[-1].endswith(", 00:00 left")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_a_bar(clock, caplog, capsys, monkeypatch):
    caplog.set_level("INFO", "skgraph")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = Progress(step=0, total=100)
    clock[0] += 60.0
    shown.advance()
    shown.show(1, VALUES)
    shown.close()
    assert "loss 0.5123, lr 1.00e-03, 310 clips/s" in capsys.readouterr().err and not caplog.messages


def test_nothing_is_shown_where_it_is_not_wanted(clock, caplog, capsys):
    caplog.set_level("INFO", "skgraph")
    shown = Progress(step=0, total=100, show=False)
    clock[0] += 60.0
    shown.advance()
    shown.show(1, VALUES)
    shown.close()
    assert capsys.readouterr() == ("", "") and not caplog.messages
