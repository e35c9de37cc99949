import math
import os

import numpy as np
import pytest

from skgraph.datasets.formats.text_file import is_valid_unicode, parse_number, read_lines
from skgraph.errors import DataError


def test_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffone\r\n\n\tzwölf \nlast".encode())
    assert list(read_lines(tmp_path / "a.txt")) == [(1, "one"), (2, ""), (3, "zwölf"), (4, "last")]


def test_what_is_no_text(tmp_path):
    with pytest.raises(DataError, match="' cannot be read: .*No such file"):
        list(read_lines(tmp_path / "b.txt"))
    with pytest.raises(DataError, match="' cannot be read: .*directory"):
        list(read_lines(tmp_path))
    (tmp_path / "c.txt").write_bytes(b"one\n\xff\xfe\n")
    with pytest.raises(DataError, match="c.txt' is not a text file in UTF-8"):
        list(read_lines(tmp_path / "c.txt"))
    (tmp_path / "d.txt").write_bytes(b"short\n" + bytes(2**20 + 1))
    with pytest.raises(DataError, match="d.txt', line 2: longer than 1048576 characters"):
        list(read_lines(tmp_path / "d.txt"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(DataError, match="a.txt' is a pipe or a device, expected a file"):
        list(read_lines(tmp_path / "a.txt"))


@pytest.mark.parametrize("word", ["1", "-1.5", "+.5e-3", "2E7", " 3 ", "1e999"])
def test_numbers(word):
    assert parse_number(word) == float(word)
    assert math.isnan(parse_number("NaN")) and parse_number("-inf") == -math.inf


@pytest.mark.parametrize("word", ["1_0", "\uff11\uff12", "\u0661", "1\xa0", "", "x", "0x1"])
def test_other_words(word):
    with pytest.raises(ValueError):
        parse_number(word)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "number, good",
    [(0x41, True), (0x1F600, True), (0x10FFFF, True), (0x110000, False), (0xD800, False), (2**32 - 1, False)],
)
def test_numbers_that_is_valid_unicode(order, number, good):
    values = np.frombuffer(np.array([0x61, number], f"{order}u4").tobytes(), f"{order}U1")
    assert is_valid_unicode(values) == is_valid_unicode(values[::-1]) == good


def test_empty_text_is_valid():
    assert (
        is_valid_unicode(np.array([""]))
        and is_valid_unicode(np.zeros(0, "U3"))
        and is_valid_unicode(np.zeros((2, 2), "U0"))
    )
