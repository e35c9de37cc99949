"""Numeric arrays in Matlab files of version 5 to 7."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.errors import DataError, first_line, first_three

# SciPy's reader crashes the interpreter on damaged files, hence the few elements of the format that numbers need.
_HEADER = 128  # bytes
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = dict(enumerate(("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), 6))  # double, single, int8, ...
_COMPLEX_OR_LOGICAL = 0xA00


def read_mat_array(path: Path, name: str, most_bytes: int) -> np.ndarray:
    """Read an array of real numbers from a Matlab file, compressed or not (MathWorks, *MAT-File Format*, level 5).

    Variables of other kinds, such as function handles, objects and cells, are never read.

    Args:
        path: the file.
        name: name of the variable.
        most_bytes: largest size of the file, and of its content when decompressed.

    Returns:
        The array in Matlab's shape and class, such as float64 for `double`.

    Raises:
        DataError: the file is missing, damaged, larger or of another version, or has no such array.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error
    if len(data) > most_bytes:
        raise DataError(f"'{path}' has more than {most_bytes} bytes, expected one clip")
    try:
        order = {b"IM": "<", b"MI": ">"}.get(data[126:_HEADER])
        if order is None or struct.unpack(f"{order}H", data[124:126])[0] != 0x100:
            raise ValueError("its header is not that of level 5 (save with -v7, not -v7.3)")
        matrices = _matrices(data[_HEADER:], order, most_bytes)
        arrays = dict(found for matrix in matrices if (found := _array(matrix, order)))
    except (ValueError, struct.error, zlib.error) as error:
        raise DataError(f"'{path}' is not a complete Matlab file of version 5 to 7: {first_line(error)}") from error
    if name not in arrays:
        others = first_three([repr(other[:30])[1:-1] or "nothing" for other in arrays]) or "none"
        raise DataError(f"'{path}' has no array '{name}' of real numbers; it has {others}")
    return arrays[name]


def _matrices(data: bytes, order: str, most_bytes: int) -> Iterator[bytes]:
    """Yield the content of each variable."""
    left = most_bytes
    while data:
        kind, content, data = _element(data, order, (_MATRIX, _COMPRESSED), padded=False)
        if kind == _COMPRESSED:
            unpack = zlib.decompressobj()
            content = unpack.decompress(content, left + 1)
            left -= len(content)
            if not unpack.eof or left < 0:
                raise ValueError(f"an array is cut off, or decompresses to more than {most_bytes} bytes")
            _, content, _ = _element(content, order, (_MATRIX,))
        yield content


def _array(matrix: bytes, order: str) -> tuple[str, np.ndarray] | None:
    """Return name and values of a variable, None where it does not hold real numbers."""
    _, flags, rest = _element(matrix, order, (_UINT32,))
    number = struct.unpack(f"{order}2I", flags)[0]
    if number & 0xFF not in _CLASSES or number & _COMPLEX_OR_LOGICAL:
        return None
    _, dimensions, rest = _element(rest, order, (_INT32,))
    shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    _, name, rest = _element(rest, order, (_INT8,))
    kind, data, _ = _element(rest, order, tuple(_STORED))  # often smaller than the class
    stored = np.dtype(order + _STORED[kind])
    if len(shape) > 32 or min(shape, default=0) < 0 or len(data) != math.prod(shape) * stored.itemsize:
        raise ValueError(f"an array of {stored} {list(shape[:5])} should have other than {len(data)} bytes")
    with np.errstate(over="ignore", invalid="ignore"):  # a double that no single can hold
        values = np.frombuffer(data, stored).reshape(shape, order="F").astype(_CLASSES[number & 0xFF])
    return name.decode("ascii", "replace"), values


def _element(data: bytes, order: str, kinds: tuple[int, ...], padded: bool = True) -> tuple[int, bytes, bytes]:
    """Return type and content of the first data element, of one of some types, and the remaining bytes."""
    kind, size = struct.unpack(f"{order}2I", data[:8])
    start, room = 8, size + (-size % 8 if padded else 0)
    if kind >> 16:  # up to four bytes stand in the tag itself
        kind, size, start, room = kind & 0xFFFF, kind >> 16, 4, 4
        if size > 4:
            raise ValueError(f"a small element has 4 bytes or fewer, found {size}")
    if kind not in kinds:
        raise ValueError(f"an element of type {kinds[0]} should follow, found {kind}")
    if start + size > len(data):
        raise ValueError(f"an element has {size} bytes, and {len(data) - start} are left")
    return kind, data[start : start + size], data[start + room :]
