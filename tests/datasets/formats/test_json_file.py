import time

import pytest

from skgraph.datasets.formats import json_file
from skgraph.datasets.formats.json_file import read_json
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
