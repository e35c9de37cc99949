"""The examples run as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skgraph.datasets.formats.ntu.published import RELEASES, ClipName

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_example(script, tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
    if script.stem == "synthetic_files":  # its people must train and test in the published split
        names = [ClipName.parse(path.stem) for path in (tmp_path / "raw" / "ntu").iterdir()]
        assert not any(split.problem() for split in RELEASES[60].splits(names))


@pytest.mark.parametrize(
    ("file", "own"),
    [
        (
            "custom_encoder.py",
            ["encoder=custom", "encoder._target_=custom_encoder.MeanFieldEncoder", "+encoder.dim=32"],
        ),
        (
            "custom_objective.py",
            ["objective=custom", "objective._target_=custom_objective.PredictSpeed", "+objective.depth=1"],
        ),
    ],
)
def test_one_file_trains_from_a_folder_that_holds_nothing_else(file, own, store_path, tmp_path):
    shutil.copy(ROOT / "examples" / file, tmp_path)
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    data = ["dataset=store", f"dataset.root={store_path}", "frames=16", "min_frames=8"]
    quick = ["patch_length=4", "trainer.epochs=1", "trainer.warmup_epochs=0", "trainer.progress=false", "name=own"]
    done = subprocess.run(
        [sys.executable, "-m", "skgraph.pretrain", *own, *data, *quick],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "linear" in done.stdout and (tmp_path / "runs" / "own" / "checkpoint.pt").exists()
