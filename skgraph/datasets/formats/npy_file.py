"""`.npy` files, which hold one array, and arrays from the bytes of a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skgraph.datasets.formats.text_file import is_valid_unicode
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

MOST_NUMBERS = 2**25
"""Largest count of numbers in a clip: four hours of a body of 25 joints at 30 frames a second. Preparing a store may
take some 25 bytes of memory for each."""

_MOST_EMPTY = 2**22  # rows of an array without numbers, each of which `tolist` would make a list


def open_npy(path: Path) -> np.ndarray:
    """Memory-map the array of a file.

    Raises:
        DataError: the file is missing, damaged, pickled, or an archive of arrays.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected an .npy array")
    try:
        with np.errstate(over="ignore"):  # a damaged header may have any shape
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except BROKEN_ARCHIVE as error:
        raise DataError(f"'{path}' is not a complete .npy array of numbers: {first_line(error)}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"'{path}' is an archive of arrays, expected one .npy array")
    return array


def array_from_bytes(data: bytes, dtype: np.dtype, shape: tuple[Any, ...], order: Literal["C", "F"]) -> np.ndarray:
    """Make a read-only array of plain numbers or text, in native byte order, from bytes.

    Raises:
        ValueError: an invalid shape, or bytes that do not fit the shape or the type.
    """
    if type(data) is not bytes or type(shape) is not tuple or len(shape) > 32:
        raise ValueError(f"an array of a {type(shape).__name__} and a {type(data).__name__}")
    if not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ValueError("the shape of an array must be whole numbers, 0 or more")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"an array of {dtype} {list(shape)} has {len(data)} bytes")
    if not data and math.prod(n or 1 for n in shape) > _MOST_EMPTY:
        raise ValueError("an array without numbers has too many rows")
    if dtype.kind == "b" and max(data, default=0) > 1:
        raise ValueError("an array of bool holds neither 0 nor 1")
    array = (np.frombuffer(data, dtype) if data else np.zeros(0, dtype)).reshape(shape, order=order)
    if dtype.kind == "U" and not is_valid_unicode(array):
        raise ValueError("an array of text holds an invalid character")
    array = array.astype(dtype.newbyteorder("="), copy=False)
    array.flags.writeable = False
    return array
