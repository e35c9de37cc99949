"""`examples/measure_gpu.sh`: no test has its GPU and its hours, but every command of it composes."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from tests.documents import ROOT, check_composes, of_skgraph

SCRIPT = ROOT / "examples" / "measure_gpu.sh"
LINES = SCRIPT.read_text().replace("\\\n", " ").splitlines()
COMMANDS = [re.sub(r"\$\{?objective\}?", "gfp", line).replace("$", "") for line in LINES if "python -m" in line]


def test_it_is_a_script():
    assert subprocess.run(["bash", "-n", SCRIPT], check=True).returncode == 0 and len(COMMANDS) == 8


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_compose(command):
    name, *arguments = of_skgraph(shlex.split(command))
    check_composes(name, arguments)
