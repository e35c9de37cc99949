import time

import numpy as np
import pytest

from skgraph.datasets.formats import json_file
from skgraph.datasets.formats.json_file import (
    describe,
    expect,
    expect_key,
    expect_numbers,
    parse_json,
    read_json,
    read_json_lines,
)
from skgraph.errors import DataError


def test_reads(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": [1, 2.5, null, "\\u00e9 \\ud83d\\ude00"]}')
    assert read_json(path) == {"a": [1, 2.5, None, "é 😀"]}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is not a complete JSON file: Expecting value: line 1 column 1"),
        (b'{"a": [1, 2', r"is not a complete JSON file: Expecting ',' delimiter: line 1 column 12"),
        (b'{"a": NaN}', "NaN is not JSON; expected null where a value is missing"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b'[{"x": 1, "y": 2, "x": 3}]', "an object has the key 'x' twice"),
        (b"[" * 100_000, "is nested too deep to be keypoints"),
        (b'{"a":' * 100_000, "is nested too deep to be keypoints"),
        (b"[" + b"9" * 5_000 + b"]", "is not a complete JSON file: Exceeds the limit"),
        (b'["\xff"]', "is not text in UTF-8"),
        (b'["\\ud800"]', "is not text in UTF-8"),
        (b"\x93NUMPY", "is not text in UTF-8"),
    ],
)
def test_bad_files(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"a.json' {message}" if message.startswith("is") else message):
        read_json(path)


def test_a_key_that_is_there_twice_is_found_at_once(tmp_path):
    keys = [f"k{i}" for i in range(30_000)]
    (tmp_path / "a.json").write_text("{" + ", ".join(f'"{key}": 0' for key in [*keys, keys[-1]]) + "}")
    start = time.perf_counter()
    with pytest.raises(DataError, match="an object has the key 'k29999' twice"):
        read_json(tmp_path / "a.json")
    assert time.perf_counter() - start < 2  # a search for each of the keys takes many times as long


def test_what_is_no_file(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="b.json' is not there: expected a JSON file"):
        read_json(tmp_path / "b.json")
    with pytest.raises(DataError, match="is a folder, expected a JSON file"):
        read_json(tmp_path)
    monkeypatch.setattr(json_file, "SIZE_LIMIT", 2**20)
    (tmp_path / "a.json").write_text(" " * (2**20 + 1))
    with pytest.raises(DataError, match="a.json' has more than 1 MiB, expected one clip a file"):
        read_json(tmp_path / "a.json")


def test_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n\n[2, "\xe2\x80\xa8"]\n')
    assert read_json_lines(path) == [{"a": 1}, [2, "\u2028"]]
    path.write_text('{"a": 1}\n{"a":\n')
    with pytest.raises(DataError, match="a.jsonl', line 2 is not complete JSON: Expecting value"):
        read_json_lines(path)
    with pytest.raises(DataError, match="b.jsonl' is not there"):
        read_json_lines(tmp_path / "b.jsonl")


def test_json_in_a_text():
    assert parse_json("[1]", "frame 0") == [1]
    with pytest.raises(DataError, match="^frame 0 is not complete JSON: an object has the key 'a' twice$"):
        parse_json('{"a": 1, "a": 2}', "frame 0")


def test_passes_what_fits():
    assert expect([1], list, "it") == [1]
    assert expect_key({"a": None}, "a", "it") is None
    numbers = expect_numbers([1, 2.5, None], 3, "it")
    assert numbers.dtype == np.float64 and numbers[:2].tolist() == [1, 2.5] and np.isnan(numbers[2])


@pytest.mark.parametrize(
    "check, arguments, message",
    [
        (expect, ({"a": 1}, list), "it must be a list, found an object of 1"),
        (expect, (None, dict), "it must be an object, found null"),
        (expect, (True, int), "it must be a whole number, found True"),
        (expect, (2.5, int), r"it must be a whole number, found 2\.5"),
        (expect, ("x" * 99, int), f"it must be a whole number, found the text '{'x' * 30}'"),
        (expect_key, ({"b": 1}, "a"), "it lacks the key 'a'; it has 'b'"),
        (expect_key, ([1], "a"), "it must be an object, found a list of 1"),
        (expect_numbers, ([1, 2], 3), "it must have 3 numbers, found 2"),
        (expect_numbers, ([1, "2", 3], 3), "it: number 1 is the text '2'"),
        (expect_numbers, ([1, 2, True], 3), "it: number 2 is True"),
        (expect_numbers, ([[1], [2], [3]], 3), "it: number 0 is a list of 1"),
        (expect_numbers, ([1, 2, 10**400], 3), "it holds a whole number that no float can hold"),
    ],
)
def test_bad_values(check, arguments, message):
    with pytest.raises(DataError, match=f"^{message}$"):
        check(*arguments, "it")


def test_describes_huge_numbers_briefly():
    assert describe(10**5000) == "a huge whole number"


def test_text_is_described_in_one_line():
    assert describe("new\nline") == r"the text 'new\nline'"
