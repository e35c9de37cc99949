"""Text files in UTF-8: lines, numbers and characters."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import check_file
from skgraph.errors import DataError

_LONGEST_LINE = 2**20  # characters; a binary file must not pass for one endless line


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file in UTF-8 one at a time, numbered from 1 and stripped of white space.

    Raises:
        DataError: the file cannot be read, is not UTF-8, or has a line of more than 1,048,576 characters.
    """
    if path.exists() and not path.is_dir():
        check_file(path)  # reading a pipe would never end
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number in count(1):
                line = file.readline(_LONGEST_LINE + 1)
                if not line:
                    return
                if len(line) > _LONGEST_LINE:
                    raise DataError(
                        f"'{path}', line {number}: longer than {_LONGEST_LINE} characters, expected a text file"
                    )
                yield number, line.strip()
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}' is not a text file in UTF-8: {error}") from error
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error


def split_lines(data: bytes, where: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text in UTF-8, numbered from 1 and stripped of white space.

    Args:
        data: the content of a file.
        where: the file, for errors.

    Raises:
        DataError: it is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{where}' is not a text file in UTF-8: {error}") from error
    for number, line in enumerate(io.StringIO(text), start=1):
        yield number, line.strip()


def parse_number(word: str) -> float:
    """Return a word of ASCII digits, sign, point and exponent, or `nan` or `inf`, as a float.

    Python's `float` would also accept `1_0` and the digits of other scripts.

    Raises:
        ValueError: the word is something else.
    """
    if "_" in word or not word.isascii():
        raise ValueError(f"expected a number in ASCII digits, found {word[:40]!r}")
    return float(word)


def parse_numbers(text: bytes, count: int) -> np.ndarray:
    """Return numbers that are separated by white space as float64 `[count]`, each as `parse_number` does.

    Raises:
        ValueError: there are more or fewer, or a word is not a number; the message quotes it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # before 2.4, NumPy only warns of text that is no number
            values = np.fromstring(text, sep=" ")
    except (ValueError, DeprecationWarning):
        values = np.empty(0)
    if len(values) == count:
        return values
    words = text.split(None, count)
    if len(words) != count:
        raise ValueError(f"expected {count} numbers, found {'more' if len(words) > count else len(words)}")
    for word in words:
        try:
            parse_number(word.decode("latin-1"))
        except ValueError:
            raise ValueError(f"expected a number, found {word[:40]!r}") from None
    raise ValueError(f"expected {count} numbers")


def tidy_lines(data: bytes) -> bytes:
    """Return lines of words with single spaces between words, none at the ends, and no empty lines at the end.

    Memory stays a small multiple of the text, which splitting into words would not.
    """
    data = data.translate(bytes.maketrans(b"\t\v\f\r", b"    "))
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data.replace(b" \n", b"\n").replace(b"\n ", b"\n").lstrip(b" ").rstrip(b" \n")


def is_valid_unicode(values: np.ndarray) -> bool:
    """Return whether an array of text (kind `U`) holds only code points of Unicode, and no surrogates.

    NumPy stores any 32 bits as a character, and fails only when the text is printed or written.
    """
    if not values.itemsize:
        return True
    codes = np.ascontiguousarray(values).view(np.dtype(np.uint32).newbyteorder(values.dtype.byteorder))
    return not ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any()


def describe(value: Any) -> str:
    """Describe an array, container, text or number in a few words, however large it is."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {list(value.shape)}"
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return f"a {type(value).__name__} of {len(value)}"
    if type(value) is int and abs(value) >= 10**18:
        return "a huge whole number"
    return repr(value[:40] if isinstance(value, (str, bytes)) else value)
