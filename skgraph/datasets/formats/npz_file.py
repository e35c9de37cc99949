"""`.npz` archives of arrays, read without loading an array as a whole."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from skgraph.datasets.formats.npy_file import MOST_NUMBERS
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

_SMALL = 256 * 2**20  # bytes; a text for each of a million clips takes less
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class NpzMember:
    """The header of an array in an archive; its values stay in the file."""

    path: Path  # of the archive
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool  # Fortran order

    @classmethod
    def of(cls, path: Path, key: str) -> NpzMember:
        """Read the header of the array `key`.

        Raises:
            DataError: the array is missing or damaged, or its header and its size disagree.
        """
        try:
            with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as file:
                shape, fortran, dtype = _read_header(file)
                size = archive.getinfo(f"{key}.npy").file_size - file.tell()
        except BROKEN_ARCHIVE as error:
            raise _damaged(path, key, error) from error
        if not dtype.hasobject and size != math.prod(shape) * dtype.itemsize:
            raise DataError(f"'{path}': array '{key}' has {size} bytes, {dtype} {list(shape)} needs another number")
        return cls(path, key, shape, dtype, fortran)

    def pieces(self, lengths: Sequence[int] | np.ndarray) -> Iterator[np.ndarray]:
        """Yield the array in pieces along its first axis; the lengths sum to that axis.

        Memory holds one piece at a time, or the whole array if it is in Fortran order.

        Raises:
            DataError: the file is damaged, or a piece (in Fortran order the array) is larger than any clip.
        """
        row = math.prod(self.shape[1:])
        longest = sum(map(int, lengths)) if self.fortran else max(map(int, lengths), default=0)
        if longest * row > MOST_NUMBERS:
            advice = "store it in C order" if self.fortran else "cut recordings into shorter ones"
            raise DataError(
                f"'{self.path}': array '{self.key}' has {longest * row} numbers that are read at once, expected at "
                f"most {MOST_NUMBERS}: {advice}"
            )
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{self.key}.npy") as file:
                _read_header(file)
                unread = self.shape[0]
                for length in [longest] if self.fortran else lengths:
                    values = file.read(int(length) * row * self.dtype.itemsize)
                    unread -= int(length)
                    if not unread:
                        file.read(1)  # zipfile compares the checksum only at the end of the member
                    shape = (int(length), *self.shape[1:])
                    piece = np.frombuffer(values, self.dtype).reshape(shape, order="F" if self.fortran else "C")
                    yield from np.split(piece, np.cumsum(lengths)[:-1]) if self.fortran else [piece]
        except BROKEN_ARCHIVE as error:
            raise _damaged(self.path, self.key, error) from error

    def read(self) -> np.ndarray:
        """Read the whole of a small array, such as a value for each clip.

        Raises:
            DataError: the file is damaged, or the array is not small.
        """
        if math.prod(self.shape) * self.dtype.itemsize > _SMALL:
            raise DataError(
                f"'{self.path}': array '{self.key}', {self.dtype} {list(self.shape)}, has more than {_SMALL >> 20} MiB"
            )
        return next(NpzMember(self.path, self.key, (1, *self.shape), self.dtype, self.fortran).pieces([1]))[0, ...]


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    return _HEADERS[np.lib.format.read_magic(file)](file)


def _damaged(path: Path, key: str, error: Exception) -> DataError:
    return DataError(f"'{path}': array '{key}' cannot be read, the file is damaged: {first_line(error)}")
