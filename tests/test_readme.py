"""The README's Python runs, and its commands are ones that exist."""

from __future__ import annotations

import pytest

from tests.documents import ROOT, blocks, broken_links, check_composes

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = blocks(README)
COMMANDS = [command for block in BLOCKS for command in block.commands]


def test_the_python_blocks_run_one_after_the_other(tmp_path, monkeypatch):
    script = "\n".join(block.text for block in BLOCKS if block.language == "python")
    assert script.count("import") >= 3
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "README.md", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_compose(command):
    check_composes(command[0], command[1:])


def test_every_command_is_shown():
    names = set(
        "pretrain prepare inspect view diagnose evaluate ensemble report embed predict export benchmark".split()
    )
    assert {command[0] for command in COMMANDS} == names | {"benchmarks"}
    assert (
        "pip install -e . -c constraints.txt && python -m skgraph.pretrain objective=sjepa encoder=transformer" in TEXT
    )
    assert "pip install -e '.[test]' -c constraints.txt && pytest" in TEXT


def test_links_lead_somewhere():
    assert broken_links(README) == []
