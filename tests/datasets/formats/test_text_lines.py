import os

import pytest

from skgraph.datasets.formats.text_lines import text_lines
from skgraph.errors import DataError


def test_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffone\r\n\n\tzwölf \nlast".encode())
    assert list(text_lines(tmp_path / "a.txt")) == [(1, "one"), (2, ""), (3, "zwölf"), (4, "last")]


def test_what_is_no_text(tmp_path):
    with pytest.raises(DataError, match="' cannot be read: .*No such file"):
        list(text_lines(tmp_path / "b.txt"))
    with pytest.raises(DataError, match="' cannot be read: .*directory"):
        list(text_lines(tmp_path))
    (tmp_path / "c.txt").write_bytes(b"one\n\xff\xfe\n")
    with pytest.raises(DataError, match="c.txt' is not a text file in UTF-8"):
        list(text_lines(tmp_path / "c.txt"))
    (tmp_path / "d.txt").write_bytes(b"short\n" + bytes(2**20 + 1))
    with pytest.raises(DataError, match="d.txt', line 2: longer than 1048576 characters"):
        list(text_lines(tmp_path / "d.txt"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DataError, match="a.txt' is a pipe or a device, expected a file"):
        list(text_lines(tmp_path / "a.txt"))
