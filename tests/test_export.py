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
from tests.evaluation.conftest import run_folder  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["export", *arguments])
    main()


def test_a_folder_that_recognises(run_folder, store, tmp_path, monkeypatch, capsys):  # noqa: F811
    out = tmp_path / "model"
    for _ in range(2):  # the second time in place of the first
        call(monkeypatch, f"run={run_folder}", f"out={out}", "head=linear")
    assert "the model card README.md" in capsys.readouterr().out
    found = Recogniser.load(out, precision="fp32")
    fitted = Recogniser.fit(run_folder, store, "xsub", precision="fp32")
    assert found.class_names == fitted.class_names and np.allclose(found.probe.weight, fitted.probe.weight)
    call(monkeypatch, f"run={out}", f"out={tmp_path / 'plain'}")  # a model of a model, without its head
    assert PretrainedRun.open(tmp_path / "plain").head is None


def test_a_program_and_its_example_runner(run_folder, store, tmp_path, monkeypatch, capsys):  # noqa: F811
    model, recording = tmp_path / "m.onnx", tmp_path / "clip.npy"
    call(monkeypatch, f"run={run_folder}", "format=onnx", "head=linear", f"out={model}")
    assert "largest difference to PyTorch" in capsys.readouterr().out
    clip = store.clip(1)
    np.save(recording, clip.joints.numpy())
    script = (ROOT / "examples" / "run_onnx.py").read_text()
    assert "torch" not in script and "skgraph import" not in script
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "run_onnx.py"), str(model), str(recording)],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    rows = SkeletonDataset(store, frames=16)
    recogniser = Recogniser.fit(run_folder, store, "xsub", precision="fp32")
    p = recogniser(rows.batch(torch.tensor([1])), recogniser.views(store))[0]
    assert done.stdout.split() == [word for k in p.argsort(descending=True).tolist()
                                   for word in (recogniser.class_names[k], f"{p[k]:.1%}")]  # fmt: skip
    np.save(recording, np.zeros((1, 20, 17, 3)))
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "run_onnx.py"), str(model), str(recording)],
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert "must be [bodies, frames, 25, 3], found [1, 20, 17, 3]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["format=h5"], "error: format must be one of safetensors, onnx, pt2, found 'h5'"),
        (["head=mlp"], "error: head must be one of none, linear, found 'mlp'"),
        (["format=onnx", "out=m.pt"], "error: out must be a file that ends in .onnx, found 'm.pt'"),
        (["out=no/such/place"], "error: out must lie in a folder that exists, found 'no/such/place'"),
        (["run=nowhere"], "error: no checkpoint at 'nowhere/checkpoint.pt'"),
        (["head=linear", "c=a"], "error: export.c must be a number, found 'a'"),
    ],
)
def test_bad_input(run_folder, tmp_path, monkeypatch, capsys, arguments, message):  # noqa: F811
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"out={tmp_path / 'model'}", *arguments)
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_left_alone(run_folder, tmp_path, monkeypatch, capsys):  # noqa: F811
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"out={tmp_path}")
    assert "out must be a new folder, or one of an earlier export" in capsys.readouterr().err
