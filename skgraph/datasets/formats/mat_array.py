"""Reads an array of numbers in a Matlab file that somebody else wrote."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skgraph.errors import DataError, first_line

_HEADER = 128
# Types of data elements that hold numbers.
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
# Classes of arrays, and what numbers of those that hold numbers become.
_CLASSES = {
    1: "cell",
    2: "struct",
    3: "object",
    4: "char",
    5: "sparse",
    6: "double",
    7: "single",
    8: "int8",
    9: "uint8",
    10: "int16",
    11: "uint16",
    12: "int32",
    13: "uint32",
    14: "int64",
    15: "uint64",
    16: "function",
    17: "opaque",
}
_DTYPES = {"double": "f8", "single": "f4"} | {
    f"{kind}{8 * size}": f"{kind[0]}{size}" for kind in ("int", "uint") for size in (1, 2, 4, 8)
}
_COMPLEX, _LOGICAL = 0x800, 0x200
_MOST_AXES = 32


@dataclass(frozen=True)
class MatArray:
    """An array in a Matlab file, of which the header is read.

    Args:
        name: of the variable.
        kind: its class, such as `double` or `cell`; `logical` and `complex double` are kinds of their own.
        shape: its dimensions.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    _rest: bytes
    _order: str

    @classmethod
    def all_of(cls, path: Path, most_bytes: int) -> dict[str, MatArray]:
        """The arrays of a file, by name.

        The format is that of Matlab's document *MAT-File Format*, level 5: what Matlab 5 to 7 write, compressed or not.
        Sizes are compared with what there is before anything is read, and no class but numbers is ever looked into.

        Args:
            path: the file.
            most_bytes: of it, and of what is compressed in it together.

        Raises:
            DataError: it is missing, damaged, larger, or of another level.
        """
        try:
            with path.open("rb") as file:
                data = file.read(most_bytes + 1)
        except OSError as error:
            raise DataError(f"'{path}' cannot be read: {error}") from error
        if len(data) > most_bytes:
            raise DataError(f"'{path}' has more than {most_bytes} bytes, expected one clip")
        try:
            order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
            if order is None or struct.unpack(f"{order}H", data[124:126])[0] != 0x100:
                raise ValueError("its header is not that of level 5 (save with -v7, not -v7.3)")
            arrays = [cls._of(content, order) for content in _matrices(data[_HEADER:], order, most_bytes)]
        except (ValueError, struct.error, zlib.error) as error:
            problem = f"'{path}' is not a complete Matlab file of version 5 to 7: {first_line(error)}"
            raise DataError(problem) from error
        return {array.name: array for array in arrays}

    @classmethod
    def _of(cls, content: bytes, order: str) -> MatArray:
        """An array of the content of its element."""
        _, flags, content = _element(content, order, (_UINT32,))
        if len(flags) != 8:
            raise ValueError(f"the flags of an array have 8 bytes, found {len(flags)}")
        number = struct.unpack(f"{order}2I", flags)[0]
        kind = _CLASSES.get(number & 0xFF, f"class {number & 0xFF}")
        if kind == "opaque":  # it has no dimensions, and its name stands elsewhere
            return cls("", kind, (), b"", order)
        kind = "logical" if number & _LOGICAL else f"complex {kind}" if number & _COMPLEX else kind
        _, dimensions, content = _element(content, order, (_INT32,))
        shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
        if not 2 <= len(shape) <= _MOST_AXES or min(shape) < 0:
            raise ValueError(f"an array has the dimensions {list(shape)[:5]}")
        _, name, content = _element(content, order, (_INT8,))
        return cls(name.decode("ascii", "replace"), kind, shape, content, order)

    @property
    def is_numbers(self) -> bool:
        """Whether it holds real numbers."""
        return self.kind in _DTYPES

    def read(self) -> np.ndarray:
        """The array.

        Raises:
            ValueError: it is not of numbers, or has not as many as its dimensions say.
        """
        if not self.is_numbers:
            raise ValueError(f"a {self.kind} array does not hold real numbers")
        # Whole numbers are stored in as few bytes as they need, whatever the class.
        type_, data, _ = _element(self._rest, self._order, tuple(_NUMBERS))
        stored = np.dtype(_NUMBERS[type_]).newbyteorder(self._order)
        if len(data) != math.prod(self.shape) * stored.itemsize:
            raise ValueError(f"{list(self.shape)} {stored} should have other than {len(data)} bytes")
        with np.errstate(over="ignore", invalid="ignore"):  # a double that no single can hold
            return np.frombuffer(data, stored).reshape(self.shape, order="F").astype(_DTYPES[self.kind])


def _matrices(data: bytes, order: str, most_bytes: int) -> Iterator[bytes]:
    """The content of each array, in order."""
    left = most_bytes
    while data:
        type_, content, data = _element(data, order, (_MATRIX, _COMPRESSED), padded=False)
        if type_ == _COMPRESSED:
            unpack = zlib.decompressobj()
            content = unpack.decompress(content, left + 1)
            left -= len(content)
            if not unpack.eof or left < 0:
                raise ValueError(f"an array is cut off, or what is compressed has more than {most_bytes} bytes")
            _, content, _ = _element(content, order, (_MATRIX,))
        yield content


def _element(data: bytes, order: str, types: tuple[int, ...], padded: bool = True) -> tuple[int, bytes, bytes]:
    """Type and content of the first data element, which must be one of these, and what follows it."""
    type_, size = struct.unpack(f"{order}2I", data[:8])
    start, room = 8, size + (-size % 8 if padded else 0)
    if type_ >> 16:  # up to four bytes stand in place of their number
        type_, size, start, room = type_ & 0xFFFF, type_ >> 16, 4, 4
        if size > 4:
            raise ValueError(f"a small element has 4 bytes or fewer, found {size}")
    if type_ not in types:
        raise ValueError(f"an element of type {types[0]} should follow, found {type_}")
    if start + size > len(data):
        raise ValueError(f"an element has {size} bytes, and {len(data) - start} are left")
    return type_, data[start : start + size], data[start + room :]
