from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from skgraph.predict import main


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["predict", *arguments])
    main()


@pytest.fixture
def recording(store, tmp_path):
    path = tmp_path / "mine.npy"
    np.save(path, np.concatenate([store.clip(i).joints[0].numpy() for i in (1, 2, 4)])[None])
    return path


def test_a_timeline_in_one_command(run_folder, recording, tmp_path, monkeypatch, capsys):
    out = tmp_path / "found"
    for _ in range(2):  # the second time in place of the first
        call(monkeypatch, f"run={run_folder}", f"source={recording}", f"out={out}", "window=0.5", "check_height=false")
    assert "mine" in capsys.readouterr().out
    content = json.loads((out / "predictions.json").read_text())
    assert content["class_names"] == ["a", "b", "c", "d"] and content["recordings"][0]["name"] == "mine"
    assert {path.name for path in out.iterdir()} == {"predictions.json", "segments.csv", "00_mine.png"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["window=-1"], "error: window must be above 0 and at most 1e+06, in seconds, found -1"),
        (["window=long"], "error: predict.window must be a number or null, found 'long'"),
        (["run=nowhere"], "error: no checkpoint at 'nowhere/checkpoint.pt'"),
        (["source=nowhere"], "error: no recordings at 'nowhere'"),
        (["topology=kinect_v1"], "has 25 joints in 3D, topology 'kinect_v1' has 20 in 3D"),
        (["learn_from=nowhere"], "error: no store at 'nowhere'"),
        (["c=0"], "error: c must be positive, found 0"),
    ],
)
def test_bad_input(run_folder, recording, tmp_path, monkeypatch, capsys, arguments, message):
    out = tmp_path / "found"
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"source={recording}", f"out={out}", "check_height=false", *arguments)
    assert message in capsys.readouterr().err and not out.exists()


def test_a_folder_of_something_else_is_left_alone(run_folder, recording, tmp_path, monkeypatch, capsys):
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "diary.txt").write_text("mine")
    with pytest.raises(SystemExit):
        call(monkeypatch, f"run={run_folder}", f"source={recording}", f"out={tmp_path / 'found'}")
    assert "out must be a new folder, or one of earlier predictions and nothing else" in capsys.readouterr().err
    assert (tmp_path / "found" / "diary.txt").read_text() == "mine"


def test_nothing_else_in_the_folder_is_lost(run_folder, recording, tmp_path, monkeypatch, capsys):
    out = tmp_path / "found"
    arguments = [f"run={run_folder}", f"out={out}", "check_height=false"]
    call(monkeypatch, *arguments, f"source={recording}")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(SystemExit):
        call(monkeypatch, *arguments, f"source={recording}")
    assert "and nothing else" in capsys.readouterr().err and (out / "notes.txt").read_text() == "mine"


def test_names_with_dollars_are_drawn(run_folder, recording, tmp_path, monkeypatch):
    odd = recording.rename(tmp_path / "x$^$.npy")
    call(
        monkeypatch,
        f"run={run_folder}",
        f"source='{odd}'",
        f"out={tmp_path / 'found'}",
        "window=0.5",
        "check_height=false",
    )
    assert len(list((tmp_path / "found").glob("*.png"))) == 1
