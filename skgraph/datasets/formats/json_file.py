"""JSON files: strict parsing, and checks of the values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.errors import DataError

SIZE_LIMIT = 256 * 2**20
"""Bytes of a file. Parsing takes some ten times as much memory; an hour of one person takes less than half."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}
_NUMBERS = {int, float}
_NUMBERS_OR_NULL = {int, float, type(None)}


def read_json(path: Path, limit: int | None = None) -> Any:
    """Parse a JSON file (RFC 8259, in UTF-8, a byte order mark allowed) as `json.loads` does, but more strictly.

    `NaN` and `Infinity` are refused, as is an object with the same key twice.

    Args:
        path: the file.
        limit: largest size in bytes, by default `SIZE_LIMIT`.

    Raises:
        DataError: the file is missing, too large, not UTF-8, not complete JSON, or nested too deep.
    """
    return parse_json(_read_text(path, limit), f"'{path}'", "a complete JSON file")


def read_json_lines(path: Path) -> list[Any]:
    """Parse a JSON Lines file (jsonlines.org), one value a line, each as `read_json` does; empty lines are skipped.

    Raises:
        DataError: as `read_json`; the message has the number of the line.
    """
    lines = enumerate(_read_text(path, None).split("\n"), start=1)
    return [parse_json(line, f"'{path}', line {number}") for number, line in lines if line.strip()]


def parse_json(text: str, where: str, what: str = "complete JSON") -> Any:
    """Parse a text as `read_json` does.

    Args:
        text: JSON.
        where: name and location of the text, for the message.
        what: kind of text that is expected, for the message.

    Raises:
        DataError: the text is not complete JSON, or nested too deep.
    """
    try:
        parsed = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
        if _SURROGATE.search(text):  # an escaped lone surrogate could not be written again
            json.dumps(parsed, ensure_ascii=False).encode()
        return parsed
    except UnicodeError as error:
        raise DataError(f"{where} is not text in UTF-8: {error}") from error
    except RecursionError as error:
        raise DataError(f"{where} is nested too deep to be keypoints") from error
    except ValueError as error:
        raise DataError(f"{where} is not {what}: {error}") from error


def _read_text(path: Path, limit: int | None) -> str:
    limit = SIZE_LIMIT if limit is None else limit
    if not path.is_file():
        problem = "is a folder, expected a JSON file" if path.is_dir() else "is not there: expected a JSON file"
        raise DataError(f"'{path}' {problem}")
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error
    if len(content) > limit:
        raise DataError(f"'{path}' has more than {limit / 2**20:g} MiB, expected one clip a file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeError as error:
        raise DataError(f"'{path}' is not text in UTF-8: {error}") from error


def expect(value: Any, kind: type, where: str) -> Any:
    """Return a value of `read_json` if it is of one type.

    Args:
        value: value to check.
        kind: `dict`, `list`, `str`, `int` (a `bool` is no `int` here) or `bool`.
        where: name and location of the value, for the message.

    Raises:
        DataError: the value is of another type.
    """
    if type(value) is not kind:
        raise DataError(f"{where} must be {_KINDS[kind]}, found {describe(value)}")
    return value


def expect_key(mapping: Any, key: str, where: str) -> Any:
    """Return the value of a key.

    Raises:
        DataError: the mapping is no object, or lacks the key.
    """
    expect(mapping, dict, where)
    if key not in mapping:
        found = ", ".join(f"'{name[:30]}'" for name in list(mapping)[:10])
        raise DataError(f"{where} lacks the key '{key}'; it has {found or 'none'}")
    return mapping[key]


def expect_numbers(values: Any, length: int, where: str) -> np.ndarray:
    """Return a list of numbers as float64 `[length]`, with NaN for null.

    Raises:
        DataError: the value is no list, of another length, or holds anything but numbers and null.
    """
    expect(values, list, where)
    if len(values) != length:
        raise DataError(f"{where} must have {length} numbers, found {len(values)}")
    if not _NUMBERS_OR_NULL.issuperset(map(type, values)):
        i = next(i for i, value in enumerate(values) if type(value) not in _NUMBERS_OR_NULL)
        raise DataError(f"{where}: number {i} is {describe(values[i])}")
    try:
        return np.array(values, np.float64)
    except OverflowError as error:
        raise DataError(f"{where} holds a whole number that no float can hold") from error


def describe(value: Any) -> str:
    """Describe a value in a few words, however large it is."""
    if value is None:
        return "null"
    if type(value) in _NUMBERS or type(value) is bool:
        # Python refuses to print integers of more than 4,300 digits.
        return f"{value}" if type(value) is not int or abs(value) < 10**18 else "a huge whole number"
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    return f"{_KINDS[type(value)]} of {len(value)}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; expected null where a value is missing")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        seen: Any = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"an object has the key '{twice[:50]}' twice")
    return content
