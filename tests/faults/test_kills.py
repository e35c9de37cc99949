"""The short form of `python -m tests.faults.kills`: a kill before each rename of two commands."""

from __future__ import annotations

import pytest

from tests.faults.kills import COMMANDS, before_each_rename, leftovers, prepare_folder, run_command
from tests.made_up_evaluations import write_evaluation

SHORT = ("evaluate", "export")


@pytest.fixture(scope="module")
def whole(store_path, run_folder, tmp_path_factory):
    """A folder in which these commands have run."""
    scratch = tmp_path_factory.mktemp("faults")
    for stream in ("joint", "bone"):
        write_evaluation(scratch / "evaluations", stream)
    folder = scratch / "whole"
    folder.mkdir()
    prepare_folder(folder, store_path, run_folder, scratch / "evaluations")
    for command in SHORT:
        assert run_command(command, COMMANDS[command], folder) == 0, command
    assert leftovers(folder) == []
    return folder


@pytest.mark.parametrize("command", SHORT)
def test_a_kill_before_any_rename_loses_nothing(whole, command):
    found = list(before_each_rename(command, whole))
    assert found, "nothing was killed"
    assert not [text for wrong in found for text in wrong]
