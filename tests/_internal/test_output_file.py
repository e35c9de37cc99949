from __future__ import annotations

from pathlib import Path

import pytest

from skgraph._internal.output_file import output_file
from skgraph.errors import ConfigError


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
