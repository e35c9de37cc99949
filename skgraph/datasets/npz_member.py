"""An array inside an npz file, of which a part is read at a time."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from skgraph.errors import BROKEN_ARCHIVE, DataError

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class NpzMember:
    """What the header of an array in an npz says of it; its values stay in the file.

    Args:
        path: the npz.
        key: name of the array.
        shape: of the array.
        dtype: of the array.
        fortran: whether it lies in Fortran order.
    """

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool

    @classmethod
    def of(cls, path: Path, key: str) -> NpzMember:
        """The array `key` of a file, which has one.

        Raises:
            DataError: it is damaged, or its header and its size disagree.
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
        """The array in pieces of these lengths along its first axis, one after another.

        Memory holds a piece at a time; only in Fortran order does it hold all of the array.

        Raises:
            DataError: the file is damaged.
        """
        try:
            if self.fortran:
                with np.load(self.path, allow_pickle=False) as archive:
                    yield from np.split(archive[self.key], np.cumsum(lengths)[:-1])
                return
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{self.key}.npy") as file:
                _read_header(file)
                for length in lengths:
                    values = file.read(int(length) * math.prod(self.shape[1:]) * self.dtype.itemsize)
                    yield np.frombuffer(values, self.dtype).reshape(length, *self.shape[1:])
        except BROKEN_ARCHIVE as error:
            raise _damaged(self.path, self.key, error) from error


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    return _HEADERS[np.lib.format.read_magic(file)](file)


def _damaged(path: Path, key: str, error: Exception) -> DataError:
    return DataError(f"'{path}': array '{key}' cannot be read, the file is damaged: {error}")
