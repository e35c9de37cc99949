import math
import os
import re
import tracemalloc

import numpy as np
import pytest

from skgraph.datasets.formats.text_file import is_valid_unicode, parse_number, parse_numbers, read_lines, tidy_lines
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


def test_many_numbers_are_those_of_float():
    rng = np.random.default_rng(0)
    words = [f"{value:.{digits}g}" for value in rng.normal(size=300) for digits in (3, 7, 9, 17)]
    words += [f"{value:.{digits}f}" for value in rng.uniform(-9, 9, 300) for digits in (1, 6, 7, 8, 9, 14, 20)]
    words += "0 -0 7 -12 -0.0 1e-05 -1.234567E-05 +0.5 .5 5. 123456789012345678 1E+300 1e999 -1e-400 4.9e-324".split()
    found = parse_numbers(" ".join(words).encode(), len(words))
    assert found.tobytes() == np.array([float(word) for word in words]).tobytes()
    assert parse_numbers(b" 1\t2\r\n3 ", 3).tolist() == [1, 2, 3]
    assert np.isnan(parse_numbers(b"1 NaN", 2)[1]) and parse_numbers(b"", 0).shape == (0,)


@pytest.mark.parametrize(
    "word",
    ["x", "1_0", "0.1x", "0.x1", "--1", "0..1", "1,5", "0.1234567:", "\xb2", "-", ".", "0x1", "1e", "1\0", "1.5.3"],
)
def test_words_that_are_no_number_are_quoted(word):
    with pytest.raises(ValueError, match=f"^expected a number, found {re.escape(repr(word.encode('latin-1')))}$"):
        parse_numbers(f"0.5 {word} 0.25".encode("latin-1"), 3)


@pytest.mark.parametrize("count, found", [(1, "more"), (3, "2")])
def test_another_number_of_numbers(count, found):
    with pytest.raises(ValueError, match=f"^expected {count} numbers, found {found}$"):
        parse_numbers(b"0.5 0.25", count)


@pytest.mark.parametrize("data", [b"1 2\n3", b"  1\t 2 \n 3 \n\n\n", b"1 2\r\n3\r\n\r\n", b"1   2\n3\v\f"])
def test_tidy_lines(data):
    assert tidy_lines(data) == b"1 2\n3"


@pytest.mark.parametrize("data", [b"1 " * 2**20, b"\t1\n" * 2**20, b" " * 2**22, b"\n" * 2**22, b"1\n\n" * 2**20])
def test_tidying_takes_little_memory(data):
    tracemalloc.start()
    tidy_lines(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(data)


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
