from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from skgraph._internal.files import one_source, output_file, output_folder, read_json, read_plain_yaml
from skgraph.errors import BROKEN_YAML, CheckpointError, ConfigError, DataError, first_line

BOMB = "a: &a [lol]\n" + "".join(
    f"{b}: &{b} [{f'*{a}, ' * 9}*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_one_source(tmp_path):
    assert one_source("a") == one_source(["a"]) == Path("a")
    with pytest.raises(ConfigError, match="source must be one store, file or folder, found 2: a, b"):
        one_source(["a", "b"])


def test_a_file_that_can_be_written(tmp_path):
    path = tmp_path / "page.html"
    assert output_file("out", str(path), (".html",), tmp_path / "source") == path
    path.write_text("")
    assert output_file("out", path, (".gif", ".html")) == path  # may be replaced
    assert output_file("out", "page.html", (".html",)) == Path("page.html")


def test_one_that_cannot(tmp_path):
    (tmp_path / "folder.html").mkdir()
    for value in ("page.txt", "nowhere/page.html", tmp_path / "folder.html"):
        with pytest.raises(ConfigError) as caught:
            output_file("out", value, (".html", ".gif"))
        expected = f"out must be a file that ends in .html or .gif, in a folder that exists, found '{value}'"
        assert str(caught.value) == expected


def test_the_source_is_left_alone(tmp_path):
    source = tmp_path / "source.npz"
    source.write_text("")
    for place in (source, tmp_path):
        with pytest.raises(ConfigError, match=f"out={source} would write into the source '{place}'"):
            output_file("out", source, (".npz",), place)


def test_a_folder_that_can_be_written_and_those_that_cannot(tmp_path):
    (tmp_path / "other").mkdir()
    for free in (tmp_path / "new", tmp_path / "other"):  # which is empty
        assert output_folder(str(free), lambda folder: False, "a report") == free
    (tmp_path / "other" / "mine.txt").touch()
    assert output_folder(tmp_path / "other", lambda folder: True, "a report") == tmp_path / "other"
    for value, message in (
        (None, "out must be a folder, found 'None'"),
        (
            tmp_path / "other",
            f"out must be a new folder, or one of a report and nothing else, found '{tmp_path}/other'",
        ),
        (tmp_path / "no" / "where", f"out must be in a folder that exists, found '{tmp_path}/no/where'"),
        (tmp_path, f"out={tmp_path} would write into the source '{tmp_path}'"),
    ):
        with pytest.raises(ConfigError) as caught:
            output_folder(value, lambda folder: False, "a report", tmp_path if value == tmp_path else None)
        assert str(caught.value) == message


def test_reads(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1, é, {b: null}]\n'*': '&'\n", encoding="utf-8")
    assert read_plain_yaml(tmp_path / "a.yaml") == {"a": [1, "é", {"b": None}], "*": "&"}


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for read in (read_plain_yaml, partial(read_json, what="result")):
        with pytest.raises(DataError, match="pipe' is a folder, a pipe or a device, expected a file"):
            read(tmp_path / "pipe")


@pytest.mark.parametrize("text", [BOMB, "&a a: *a", "a: &a {b: 1}\nc: {<<: *a}", "&a [*a]"])
def test_aliases_are_refused(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(BROKEN_YAML) as error:
        read_plain_yaml(tmp_path / "a.yaml")
    assert first_line(error.value) == "the alias *a (&name and *name are not supported)"


@pytest.mark.parametrize("text", ["{", "1" * 19, '"\\ud800"', "[" * 10**5, "\xff"])
def test_json_that_cannot_be_used(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=r"the result '.*a\.json' cannot be read: "):
        read_json(path, "result")


def test_json_without_infinity(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [Infinity, 1]}')
    assert read_json(tmp_path / "a.json", "result") == {"a": [float("inf"), 1]}
    with pytest.raises(CheckpointError, match="not JSON compliant"):
        read_json(tmp_path / "a.json", "model's", CheckpointError, allow_nan=False)
