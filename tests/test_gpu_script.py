"""`examples/measure_gpu.sh`, which no test can run: its commands are ones that exist."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest
from hydra import compose, initialize_config_dir

from skgraph._internal.data_dir import data_dir
from tests.documents import ROOT

SCRIPT = ROOT / "examples" / "measure_gpu.sh"
COMMANDS = re.findall(r"python -m skgraph\.(\w+) (.*)", SCRIPT.read_text().replace("\\\n", " "))
PLACES = {"benchmark": ("", "benchmark"), "prepare": ("prepare", "prepare"), "pretrain": ("", "pretrain")}


def test_it_is_a_script():
    assert subprocess.run(["bash", "-n", SCRIPT], check=True).returncode == 0 and len(COMMANDS) == 8


@pytest.mark.parametrize(("verb", "words"), COMMANDS)
def test_its_commands_compose(verb, words):
    folder, config = PLACES[verb]
    overrides = [re.sub(r"\$\{?objective\}?", "gfp", word).replace("$", "") for word in shlex.split(words)]
    overrides = [word if "=" in word else f"benchmark={word}" for word in overrides]
    with initialize_config_dir(str(data_dir("configs") / folder), version_base="1.3"):
        assert compose(config, overrides)
