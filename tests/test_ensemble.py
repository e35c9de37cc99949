"""The command, from evaluation folders on disk to a table and a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from skgraph.ensemble import main
from tests.made_up_evaluations import write_evaluation


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
        "joint",
        "bone",
        "motion",
        "joint + bone",
        "joint + motion",
        "bone + motion",
        "joint + bone + motion",
    ]
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
    assert capsys.readouterr().err == (f"error: out: '{a}' exists and is not an ensemble: choose another folder\n")


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
