"""The command, as it is typed: plain words are folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skgraph._internal.command import words_as_list
from skgraph.report import main
from tests.made_up_evaluations import write_evaluation


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["report", *words_as_list(list(arguments), "runs")])
        main()

    return command


def test_as_a_person_types_it(tmp_path):
    for run in ("it's one, [run]", "two"):
        write_evaluation(tmp_path / "runs", run)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        f'"{sys.executable}" -m skgraph.report runs/* out=table.md',
        shell=True,
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "written: table.md\n", "")
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "| it's one, [run] |" in text and "| two " in text and "GFP (ICCV 2025)" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "table.md"]


def test_it_is_printed_unless_out_says_where(command, capsys):
    write_evaluation(Path("runs"), "a")
    command("runs/a")
    assert capsys.readouterr().out.startswith("## ntu60, split xsub\n")
    command("runs/a", "format=latex")
    assert capsys.readouterr().out.startswith("% needs")
    command("runs/a", "doubtful=true")
    assert "77.2 [" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_a_warning(command, capsys):
    write_evaluation(Path("runs"), "a")
    bad = write_evaluation(Path("runs"), "b") / "result.json"
    bad.write_text("{")
    command("runs")
    printed = capsys.readouterr()
    assert printed.out.startswith("## ntu60") and printed.err.startswith(f"warning: the result '{bad}' cannot be read")
    assert printed.err.count("\n") == 1


def test_a_page_of_a_run_lies_in_it(command, run_folder, capsys):
    Path("mine").symlink_to(run_folder)
    command("mine", "format=html", "device=cpu", "out=first")
    printed = capsys.readouterr()
    assert printed.out == "written: first/index.html: open it in a browser\n"
    page = Path("first/index.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "data:image/gif;base64," in page
    assert {"curves.csv", "mask.svg", "clip.gif", "features.csv"} <= {path.name for path in Path("first").iterdir()}
    command("mine", "format=html", "device=cpu", "out=first")  # again
    assert "written: first/index.html" in capsys.readouterr().out


def test_a_page_of_results_without_their_runs(command, capsys):
    write_evaluation(Path("runs"), "a")
    command("runs/a", "format=html")
    assert capsys.readouterr().out == "written: report/index.html: open it in a browser\n"
    assert "ntu60, split xsub" in Path("report/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say runs=... on the command line: no default fits"),
        (["nowhere"], "'nowhere' does not exist: expected the folder of a run, an evaluation or an ensemble"),
        (["runs"], "there is no result.json of an evaluation at or below 'runs'"),
        (["runs", "format=pdf"], "format must be one of markdown, latex, html, found 'pdf'"),
        (
            ["runs", "out=nowhere/x.md"],
            "out must be a file that ends in .md or .txt or .tex, in a folder that exists, found 'nowhere/x.md'",
        ),
        (
            ["runs", "out=runs"],
            "out must be a file that ends in .md or .txt or .tex, in a folder that exists, found 'runs'",
        ),
        (
            ["runs", "format=html"],
            "no run with the log of its training (metrics.jsonl), and there is no result.json of an evaluation at or "
            "below 'runs'",
        ),
        (
            ["nowhere", "format=html"],
            "'nowhere' does not exist: expected the folder of a run, an evaluation or an ensemble",
        ),
        (
            ["runs", "format=html", "out=."],
            "out must be a new folder, or one of an earlier report and nothing else, found '.'",
        ),
        (["runs", "format=html", "out=a/b"], "out must be in a folder that exists, found 'a/b'"),
        (["runs", "format=html", "out=[a,b]"], "out must be a folder, found '['a', 'b']'"),
        (["runs", "format=html", "seed=4294967296"], "report: seed must be below 2 ** 32, found 4294967296"),
        (["runs", "seed=abc"], "report.seed must be a whole number, found 'abc'"),
        (["runs", "seed=-1"], "report: seed must be at least 0, found -1"),
        (["runs", "doubtful=maybe"], "doubtful must be true or false, found 'maybe'"),
    ],
)
def test_bad_input_is_one_line(command, capsys, arguments, message):
    Path("runs").mkdir()
    with pytest.raises(SystemExit) as stop:
        command(*arguments)
    assert stop.value.code == 1 and capsys.readouterr().err == f"error: {message}\n"
