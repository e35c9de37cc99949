"""The verb, from evaluation folders on disk to a table and a folder; other tests make such folders with this file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skgraph.ensemble import main

NAMES = np.array([f"clip{i:02d}" for i in range(40)])
LABELS = np.arange(40) % 4


def made_up_card(**changes: Any) -> dict[str, Any]:
    """A card as an evaluation writes it; ``changes`` replace its keys, with ``__`` for a dot."""
    card = {
        "protocol": "linear", "label": "linear", "recipe": "exact", "options": {"c": 1.0, "iterations": 1000},
        "run": "joint", "stream": "joint", "objective": "skgraph.objectives.SJEPA",
        "encoder": "skgraph.encoders.TransformerEncoder", "top1": 80.0, "top5": 95.0, "top1_interval": [79.0, 81.0],
        "mean_class": 79.0, "random_init": {"top1": 50.0, "top5": 70.0, "mean_class": 49.0}, "best": None,
        "dataset": {"name": "ntu60", "path": "data/ntu60", "split": "xsub", "content_hash": "0123456789abcdef",
                    "preprocessing": "as recorded", "topology": "ntu_rgbd", "train_clips": 400, "test_clips": 40,
                    "validation_clips": 0},
        "pretrained_on": {"content_hash": "0123456789abcdef", "topology": "ntu_rgbd", "root": "data/ntu60"},
        "seed": 0, "crop": None, "crops": 1, "bodies": "present", "validation": 0.0, "joint_map": None, "step": 100,
        "date": "2026-05-01", "versions": {"skgraph": "0.1.0"},
        "config": {"name": "joint", "seed": 0, "frames": 64, "patch_length": 4,
                   "normalise": {"center": "first", "align": None, "scale": 0.3},
                   "dataset": {"root": "data/ntu60", "name": "ntu60", "split": "xsub"}, "encoder": {"dim": 16},
                   "objective": {}, "trainer": {"lr": 0.001, "progress": True}},
    }  # fmt: skip
    for key, value in changes.items():
        *path, last = key.split("__")
        place = card
        for part in path:
            place = place[part]
        place[last] = value
    return card


def made_up_scores(seed: int, labels: np.ndarray = LABELS, margin: float = 1.0) -> np.ndarray:
    """Logits ``[n, 4]`` that are right more often than not."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), 4))
    return (noise + margin * np.eye(4)[labels]).astype(np.float32)


def write_evaluation(
    runs: Path,
    run: str = "joint",
    logits: np.ndarray | None = None,
    validation: np.ndarray | None = None,
    order: np.ndarray | None = None,
    **changes: Any,
) -> Path:
    """An evaluation folder with a made-up card and scores; ``order`` shuffles the clips in the file."""
    changes = {"run": run, "config__name": run, "stream": run if run in ("bone", "motion") else "joint"} | changes
    card = made_up_card(**changes)
    folder = runs / run / "evaluation" / f"{card['label']}_ntu60_{card['dataset']['split']}"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(card))
    order = np.arange(len(NAMES)) if order is None else order
    logits = made_up_scores(len(run)) if logits is None else logits
    np.savez(folder / "scores.npz", name=NAMES[order], logits=logits[order], label=LABELS[order])
    if validation is not None:
        names = np.array([f"held{i:02d}" for i in range(len(validation))])
        labels = np.arange(len(validation)) % 4
        np.savez(folder / "validation_scores.npz", name=names, logits=validation, label=labels)
    return folder


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["ensemble", *arguments])
        main()

    return command


def test_three_streams_from_the_command_line(command, tmp_path, capsys):
    folders = [write_evaluation(Path("runs"), stream) for stream in ("joint", "bone", "motion")]
    command(f"scores=[{','.join(map(str, folders))}]", "weights=aimclr")
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "accuracy (%) of summed logits on 40 test clips of ntu60, split xsub, linear exact"
    assert printed[1] == "weights aimclr: joint 0.6, bone 0.6, motion 0.4 (AimCLR, AAAI 2022; also MS-CLR and HiCLR)"
    assert [line.split("  ")[0] for line in printed[3:10]] == [
        "joint", "bone", "motion", "joint + bone", "joint + motion", "bone + motion", "joint + bone + motion",
    ]  # fmt: skip
    folder = Path(printed[-1].removeprefix("written: "))
    assert folder.parent == Path("ensemble") and folder.name.startswith("linear_ntu60_xsub_joint+bone+motion_aimclr_")
    assert sorted(path.name for path in folder.iterdir()) == ["result.json", "scores.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ensemble", "runs"]
    command(f"scores=[{','.join(map(str, folders))}]", "weights=aimclr")
    assert capsys.readouterr().out.splitlines() == printed  # the same command finds the same folder


def test_out_is_where_it_is_said_and_never_an_evaluation(command, capsys):
    a, b = (write_evaluation(Path("runs"), stream) for stream in ("joint", "bone"))
    command(f"scores=[{a},{b}]", "out=here/there", "weights=[1,3]")
    assert json.loads(Path("here/there/result.json").read_text())["weights"]["values"] == {"joint": 1.0, "bone": 3.0}
    with pytest.raises(SystemExit):
        command(f"scores=[{a},{b}]", f"out={a}")
    assert capsys.readouterr().err == (f"error: out: '{a}' holds the result of an evaluation: choose another folder\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scores=[a,b]"], "'a' is not the folder of an evaluation: it holds no scores.npz"),
        (["scores=[a]"], "scores must be a list of at least two folders of evaluations, found '['a']'"),
        (["scores=a"], "scores must be a list of at least two folders of evaluations, found 'a'"),
        (["scores=[a,b]", "weights=even"], "weights must be one of equal, mamp, aimclr, actclr, tuned or a list of"),
        (["scores=[a,b]", "weights=[1,2,3]"], "weights must be 2 numbers, one for each of scores, found 3"),
        (["weights=equal"], "say scores=... on the command line: no default fits"),
    ],
)
def test_bad_input_is_one_line(command, capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        command(*arguments)
    error = capsys.readouterr().err
    assert stop.value.code == 1 and error.startswith(f"error: {message}") and error.count("\n") == 1
