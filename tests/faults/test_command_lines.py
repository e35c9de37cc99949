"""The short form of `python -m tests.faults.command_lines`."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.faults.command_lines import problem, wrong_lines
from tests.faults.kills import prepare_folder
from tests.made_up_evaluations import write_evaluation


@pytest.fixture(scope="module")
def folder(store_path, run_folder, tmp_path_factory):
    """A folder with the input of every command."""
    scratch = tmp_path_factory.mktemp("lines")
    for stream in ("joint", "bone"):
        write_evaluation(scratch / "evaluations", stream)
    (scratch / "inputs").mkdir()
    prepare_folder(scratch / "inputs", store_path, run_folder, scratch / "evaluations")
    return scratch / "inputs"


def test_a_wrong_value_is_one_clear_error(folder):
    lines = list(islice(wrong_lines(1), 6))
    found = [problem(command, arguments, folder) for command, arguments in lines]
    assert [(line, text) for line, text in zip(lines, found, strict=True) if text] == []
