"""The modules of ``benchmarks`` with a command of their own run without arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.documents import ROOT

HAS_BROWSER = find_spec("playwright") and any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
SCRIPTS = ["check_probes", "sjepa_study", "sjepa_variants", "small_evaluations", "timeline_accuracy"]


def output(name: str, folder, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(name, tmp_path):
    assert output(name, tmp_path).strip()


@pytest.mark.skipif(not HAS_BROWSER, reason="needs playwright and Chromium: see pyproject.toml, browser")
def test_the_viewer_is_drawn(tmp_path):
    assert "frames/s" in output("viewer_frame_rate", tmp_path, "--seconds", "0.5")
