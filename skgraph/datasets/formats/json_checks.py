"""Checks of values that were read from a JSON file."""

from __future__ import annotations

from typing import Any

import numpy as np

from skgraph.errors import DataError

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}
_NUMBERS = {int, float}
_NUMBERS_OR_NULL = {int, float, type(None)}


def expect(value: Any, kind: type, where: str) -> Any:
    """The value, if it is of the kind.

    Args:
        value: as `read_json` gives it.
        kind: `dict`, `list`, `str`, `int` (not `bool`, which Python counts among the integers) or `bool`.
        where: what the value is and where it stands, for the message.

    Raises:
        DataError: it is of another kind.
    """
    if type(value) is not kind:
        raise DataError(f"{where} must be {_KINDS[kind]}, found {describe(value)}")
    return value


def expect_key(mapping: Any, key: str, where: str) -> Any:
    """What an object has under a key.

    Raises:
        DataError: it is no object, or lacks the key.
    """
    expect(mapping, dict, where)
    if key not in mapping:
        found = ", ".join(f"'{name[:30]}'" for name in list(mapping)[:10])
        raise DataError(f"{where} lacks the key '{key}'; it has {found or 'none'}")
    return mapping[key]


def expect_numbers(values: Any, length: int, where: str) -> np.ndarray:
    """A list of numbers as an array `[length]` float64, NaN for null; text and truth values are no numbers.

    Raises:
        DataError: no list, another length, or something that is neither a number nor null.
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
    """A value in a few words, however large it is."""
    if value is None:
        return "null"
    if type(value) in _NUMBERS or type(value) is bool:
        # Digits beyond Python's limit cannot be printed at all, and nobody wants to read 4,000 of them.
        return f"{value}" if type(value) is not int or abs(value) < 10**18 else "a huge whole number"
    if isinstance(value, str):
        return f"the text {value[:30]!r}"
    return f"{_KINDS[type(value)]} of {len(value)}"
