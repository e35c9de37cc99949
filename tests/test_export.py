from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset
from skgraph.evaluation import PretrainedRun
from skgraph.export import main
from skgraph.recognition import Recogniser

ROOT = Path(__file__).resolve().parents[1]


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["export", *arguments])
    main()


def test_a_folder_that_recognises(run_folder, store, tmp_path, monkeypatch, capsys):
    out = tmp_path / "model"
    for _ in range(2):  # the second time in place of the first
        call(monkeypatch, f"run={run_folder}", f"out={out}", "head=linear")
    assert "the model card README.md" in capsys.readouterr().out
    found = Recogniser.load(out, precision="fp32")
    fitted = Recogniser.fit(run_folder, store, "xsub", precision="fp32")
    assert found.class_names == fitted.class_names and np.allclose(found.probe.weight, fitted.probe.weight)
    call(monkeypatch, f"run={out}", f"out={tmp_path / 'plain'}")  # a model of a model, without its head
    assert PretrainedRun.open(tmp_path / "plain").head is None


def test_a_program_and_its_example_runner(run_folder, store, tmp_path, monkeypatch, capsys):
    model, recording = tmp_path / "m.onnx", tmp_path / "clip.npy"
    call(monkeypatch, f"run={run_folder}", "format=onnx", "head=linear", f"out={model}")
    assert "largest difference to PyTorch" in capsys.readouterr().out
    clip = store.clip(1)
    np.save(recording, clip.joints.numpy())
    script = (ROOT / "examples" / "run_onnx.py").read_text()
    assert "torch" not in script and "skgraph import" not in script
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "run_onnx.py"), str(model), str(recording)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    rows = SkeletonDataset(store, frames=16)
    recogniser = Recogniser.fit(run_folder, store, "xsub", precision="fp32")
    p = recogniser(rows.batch(torch.tensor([1])), recogniser.views(store))[0]
    assert done.stdout.split() == [
        word for k in p.argsort(descending=True).tolist() for word in (recogniser.class_names[k], f"{p[k]:.1%}")
    ]
    np.save(recording, np.zeros((1, 20, 17, 3)))
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "run_onnx.py"), str(model), str(recording)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "must be [bodies, frames, 25, 3], found [1, 20, 17, 3]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["format=h5"], "error: format must be one of safetensors, onnx, pt2, found 'h5'"),
        (["head=mlp"], "error: head must be one of none, linear, found 'mlp'"),
        (
            ["format=onnx", "out=m.pt"],
            "error: out must be a file that ends in .onnx, in a folder that exists, found 'm.pt'",
        ),
        (["out=no/such/place"], "error: out must be in a folder that exists, found 'no/such/place'"),
        (["run=nowhere"], "error: no checkpoint at 'nowhere/checkpoint.pt'"),
        (["head=linear", "c=a"], "error: export.c must be a number, found 'a'"),
    ],
)
def test_bad_input(run_folder, tmp_path, monkeypatch, capsys, arguments, message):
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'model'}", *arguments)
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_left_alone(run_folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"out={tmp_path}")
    assert "out must be a new folder, or one of an earlier export" in capsys.readouterr().err


def test_the_model_that_is_exported_is_not_replaced(run_folder, tmp_path, monkeypatch, capsys):
    call(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'mine'}", "head=linear")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        call(monkeypatch, "run=mine")
    assert "would write into the source 'mine'" in capsys.readouterr().err
    assert PretrainedRun.open(tmp_path / "mine").head is not None


@pytest.mark.parametrize(
    "files", [{"README.md": "# a project"}, {"config.json": "{}", "model.safetensors": "", "README.md": ""}]
)
def test_other_folders_of_like_names_are_left_alone(run_folder, tmp_path, monkeypatch, capsys, files):
    out = tmp_path / "other"
    out.mkdir()
    for name, text in files.items():
        (out / name).write_text(text)
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"out={out}")
    assert "and nothing else" in capsys.readouterr().err
    assert {path.name: path.read_text() for path in out.iterdir()} == files


def test_a_link_stays_a_link(run_folder, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    call(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'link'}")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "model.safetensors").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link"}


def test_a_damaged_result_is_left_out_of_the_card(run_folder, tmp_path, monkeypatch):
    for name, text in (("knn_x", "{"), ("linear_x", '{"protocol": "linear", "top1": "x", "random_init": {"top1": 1}}')):
        folder = tmp_path / "run" / "evaluation" / name
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(text)
    (tmp_path / "run" / "checkpoint.pt").write_bytes((run_folder / "checkpoint.pt").read_bytes())
    call(monkeypatch, f"run={tmp_path / 'run'}", f"out={tmp_path / 'model'}")
    assert "Top-1" not in (tmp_path / "model" / "README.md").read_text()
