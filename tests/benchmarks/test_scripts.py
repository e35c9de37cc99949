"""The modules of ``benchmarks`` with a command of their own run without arguments."""

from __future__ import annotations

import runpy
import shutil
import sys
from importlib.util import find_spec

import pytest

HAS_BROWSER = find_spec("playwright") and any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
SCRIPTS = ["check_probes", "sjepa_study", "sjepa_variants", "small_evaluations", "timeline_accuracy"]


@pytest.fixture
def output(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def output(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
        return capsys.readouterr().out

    return output


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(name, output):
    assert output(name).strip()


@pytest.mark.skipif(not HAS_BROWSER, reason="needs playwright and Chromium: see pyproject.toml, browser")
def test_the_viewer_is_drawn(output):
    assert "frames/s" in output("viewer_frame_rate", "--seconds", "0.5")
