"""The README's Python runs, and its commands are ones that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from skgraph.data_dir import data_dir
from skgraph.verb import words_as_list

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.split(" # ")[0].strip()
    for language, block in BLOCKS if language == "bash"
    for line in block.replace("\\\n", " ").splitlines()
    for line in line.split("&&") if line.strip().startswith("python -m skgraph.")
]  # fmt: skip


def test_the_python_blocks_run_one_after_the_other(tmp_path):
    script = "\n".join(block for language, block in BLOCKS if language == "python")
    assert script.count("import") >= 3
    (tmp_path / "readme.py").write_text(script)
    done = subprocess.run([sys.executable, "readme.py"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""},
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_compose(command):
    words = shlex.split(command)
    if words[2] == "skgraph.benchmark":
        words[3] = f"benchmark={words[3]}"
    verb = words[2].removeprefix("skgraph.")
    folder, name = (data_dir("configs") / "prepare", verb) if verb == "prepare" else (data_dir("configs"), verb)
    overrides = [word for word in words[3:] if word != "-m"]
    if verb == "report":
        overrides = words_as_list(overrides, "runs")
    if "-m" in words[3:]:  # one of the values that the command sweeps over
        overrides = [word.split(",")[0] for word in overrides]
    with initialize_config_dir(str(folder), version_base="1.3"):
        compose(name, overrides=overrides)


def test_every_verb_is_shown():
    verbs = {f"skgraph.{name}" for name in "pretrain prepare evaluate ensemble report embed benchmark".split()}
    assert {command.split()[2] for command in COMMANDS} == verbs
    assert (
        "pip install -e . -c constraints.txt && python -m skgraph.pretrain objective=sjepa encoder=transformer" in TEXT
    )
    assert "pip install -e '.[test]' -c constraints.txt && pytest" in TEXT


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).exists(), target
