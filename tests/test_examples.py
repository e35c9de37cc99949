"""The examples run as they are."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from skgraph.datasets.formats.ntu.published import RELEASES, ClipName
from skgraph.pretrain import main as pretrain_main

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_example(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="__main__")
    out = capsys.readouterr().out.strip()
    assert out
    if script.stem == "pyg_classifier":
        accuracy, chance = map(float, re.findall(r"([\d.]+)%", out))
        assert accuracy > 5 * chance
    if script.stem == "video_to_label":
        best = json.loads((tmp_path / "predictions" / "predictions.json").read_text())["recordings"][0]["bodies"][0][
            "best"
        ]
        assert best[0]["label"] == "sit down" and (tmp_path / "view.html").is_file()
    if script.stem == "explain":  # a hand waves
        assert re.search(r"'wave', score \+\d.*: (Wrist|Hand|Thumb)\w+ \d", out)
    if script.stem == "synthetic_files":  # its people must train and test in the published split
        names = [ClipName.parse(path.stem) for path in (tmp_path / "raw" / "ntu").iterdir()]
        assert not any(split.problem() for split in RELEASES[60].splits(names))


def test_the_notebook(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "examples" / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    values = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            assert not cell["outputs"]
            exec("".join(cell["source"]), values)
    assert values["run"].step == 30 and len(values["features"].x) == len(values["found"]) == values["store"].num_clips


@pytest.mark.parametrize(
    ("file", "package"),
    [("lightning_loop", "lightning"), ("fabric_loop", "lightning"), ("accelerate_loop", "accelerate")],
)
def test_the_loop_of_another_library(file, package, tmp_path, monkeypatch, capsys):
    pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / "loops" / f"{file}.py"), run_name="__main__")
    assert re.search(r"loss \d+\.\d{3}.* after [45] steps", capsys.readouterr().out)


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
def test_one_file_trains_from_a_folder_that_holds_nothing_else(file, own, store_path, tmp_path, monkeypatch, capsys):
    shutil.copy(ROOT / "examples" / file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # as `python -m` does
    data = ["dataset=store", f"dataset.root={store_path}", "frames=16", "min_frames=8"]
    quick = ["patch_length=4", "trainer.epochs=1", "trainer.warmup_epochs=0", "trainer.progress=false", "name=own"]
    monkeypatch.setattr(sys, "argv", ["pretrain", *own, *data, *quick])
    pretrain_main()
    assert "linear" in capsys.readouterr().out and (tmp_path / "runs" / "own" / "checkpoint.pt").exists()
