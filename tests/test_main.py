from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import skgraph
from skgraph.__main__ import COMMANDS, main

HEAVY = ("torch", "torch_geometric", "matplotlib", "scipy", "tensorboard", "networkx")
# Runs a command in a fresh interpreter, and then prints which heavy packages it has imported.
START = """
import sys
from skgraph.__main__ import main
sys.argv = ["skgraph", *sys.argv[1:]]
try:
    main()
except SystemExit as stop:
    code = stop.code or 0
else:
    code = 0
print("IMPORTED", [name for name in {heavy} if name in sys.modules])
sys.exit(code)
"""


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["skgraph", *arguments])
    main()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_commands_are_listed_with_a_line_each(arguments, monkeypatch, capsys):
    call(monkeypatch, *arguments)
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line) < 120 and line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("name", "hint"), [("pretrian", "did you mean pretrain?"), ("xyz", "skgraph --help lists the commands")]
)
def test_an_unknown_command_is_one_line(name, hint, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, name)
    assert stop.value.code == 2
    assert tuple(capsys.readouterr()) == ("", f"error: no command '{name}': {hint}\n")


@pytest.mark.parametrize(
    "arguments",
    [[], *([name, "--help"] for name in COMMANDS), ["pretrain", "--cfg", "job"], ["prepare", "dataset=npz", "--help"]],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments):
    command = [sys.executable, "-c", START.format(heavy=HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("IMPORTED []\n")


def test_a_wrong_option_imports_nothing_heavy():
    command = [sys.executable, "-c", START.format(heavy=HEAVY), "pretrain", "framse=3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: Could not override 'framse': did you mean frames?\n")
    assert done.stdout == "IMPORTED []\n"


def test_public_classes_are_imported_at_their_first_use():
    assert set(skgraph.__all__) <= set(dir(skgraph))
    assert skgraph.Topology is __import__("skgraph.topology").topology.Topology
    assert skgraph.SkeletonStore is __import__("skgraph.data").data.SkeletonStore
    with pytest.raises(AttributeError, match="module 'skgraph' has no attribute 'nothing'"):
        skgraph.nothing  # noqa: B018


# A command whose task writes a folder and imports a module that gets a signal and, as extension modules do, swallows
# the exceptions of its handler.
STOPPED = (
    "import pathlib, time\n"
    "from skgraph._internal.atomic import atomic_folder\n"
    "from skgraph._internal.command import command\n"
    "@command('report')\n"
    "def main(cfg):\n"
    "    with atomic_folder(pathlib.Path('written')):\n"
    "        import slow\n"
    "        time.sleep(0.5)\n"
    "    print('went on')\n"
    "main()\n"
)


def stop_while_importing(folder, number, action):
    """Run it with an action for the signal that it inherits, as `nohup` and shells in the background set it."""
    lines = ["import os, time", "try:", f"    os.kill(os.getpid(), {int(number)})", "    time.sleep(0.2)"]
    (folder / "slow.py").write_text("\n".join([*lines, "except BaseException:", "    pass"]))
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, "runs=[a]"],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(number, action),
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_stopped_while_it_imports_leaves_nothing(tmp_path, number):
    message = "interrupted\n" if number == signal.SIGINT else ""
    assert stop_while_importing(tmp_path, number, signal.SIG_DFL) == (128 + number, "", message)
    assert not [entry for entry in tmp_path.iterdir() if "written" in entry.name]


def test_an_ignored_signal_stays_ignored(tmp_path):
    assert stop_while_importing(tmp_path, signal.SIGINT, signal.SIG_IGN) == (0, "went on\n", "")
