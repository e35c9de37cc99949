"""Rows of a store, one for each frame of each body: in one file, or in one for each share that was joined."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from skgraph.data.store_files import load_npy
from skgraph.errors import StoreError, first_three

_CAN_ADVISE = hasattr(mmap, "MADV_RANDOM")  # not on Windows


def row_paths(folder: Path, name: str, files: int) -> list[Path]:
    """Return the paths of an array of rows: ``NAME.npy``, or ``NAME-1.npy``, ``NAME-2.npy``, ... of several files."""
    return [folder / f"{name}-{k}.npy" for k in range(1, files + 1)] if files > 1 else [folder / f"{name}.npy"]


class RowFiles:
    """An array of a store on disk, with a row for each frame of each body, in one file or in several.

    Args:
        folder: the store.
        name: ``frames``, ``present`` or ``confidence``.
        rows: rows of each file.
        shape: shape of a row.
        dtypes: kinds of numbers that the files may have, the same in all.
    """

    def __init__(
        self, folder: Path, name: str, rows: Sequence[int], shape: tuple[int, ...], dtypes: Sequence[Any]
    ) -> None:
        self.folder, self.name, self.shape, self.dtypes = folder, name, shape, tuple(map(np.dtype, dtypes))
        self.paths = row_paths(folder, name, len(rows))
        self.rows = list(rows)
        self.ends = np.cumsum(rows)

    def exists(self) -> bool:
        """Return whether the store has any file of this array."""
        return any(path.exists() for path in self.paths)

    def load(self, k: int, mode: Literal["r", "c"] = "r") -> np.ndarray:
        """Map file ``k``, as :func:`load_npy` does.

        Raises:
            StoreError: it is missing, truncated or not the array that the store describes.
        """
        array, shape = load_npy(self.paths[k], mode), (self.rows[k], *self.shape)
        if array.shape != shape or array.dtype not in self.dtypes:
            kinds = " or ".join(map(str, self.dtypes))
            raise StoreError(
                f"store '{self.folder}' is inconsistent: expected {self.paths[k].stem} as {kinds} {shape}, found "
                f"{array.dtype} {array.shape}"
            )
        return array

    def read(self, slices: Sequence[tuple[int, int]]) -> np.ndarray:
        """Read rows from ``start`` to ``end``, each time within one file.

        The files are mapped for this call alone, so that memory does not grow.
        """
        parts = []
        for start, end in slices:
            k = int(np.searchsorted(self.ends, start, side="right"))
            before = int(self.ends[k]) - self.rows[k]
            parts.append(self.load(k)[start - before : end - before])
        return np.concatenate(parts)


class MappedRows:
    """Rows of one file or of several, read as one array of flat rows; a file is mapped when a row of it is first read.

    The rows of a batch lie anywhere. By itself the system reads far more around each of them, and one after the other;
    it is told instead which rows a batch needs, and reads them at once and no others.

    Args:
        files: the files.
        mode: see :func:`load_npy`; writing to what is mapped for reading ends the process.

    Raises:
        StoreError: a file is missing, or the first is damaged.
    """

    device = torch.device("cpu")

    def __init__(self, files: RowFiles, mode: Literal["r", "c"] = "r") -> None:
        self.files, self.mode = files, mode
        self._width = [int(np.prod(files.shape))] if files.shape else []
        self._mapped: list[np.ndarray | None] = [None] * len(files.paths)
        self._memory: dict[int, tuple[mmap.mmap, int]] = {}  # of each file, and where the array begins in it
        self.dtype = self._file(0).dtype
        if missing := [path.name for path in files.paths if not path.exists()]:
            raise StoreError(f"store '{files.folder}' lacks {len(missing)} of its files: {first_three(missing)}")

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return int(self.files.ends[-1]) * int(np.prod(self._width, dtype=int)) * self.dtype.itemsize

    def select(self, *several: Tensor) -> list[Tensor]:
        """Read several ``rows [n, T]``, line i of all of which lies in one file; return each as ``[n * T, ...]``."""
        lines = [rows.numpy() for rows in several]
        first, last = np.minimum.reduce(lines).min(axis=1), np.maximum.reduce(lines).max(axis=1)
        if len(self.files.paths) == 1:
            whole = _tensor(self._file(0))
            self._read_ahead(0, first, last, lines[0].shape[1])
            return [whole.index_select(0, rows.flatten()) for rows in several]
        found = [np.empty((*rows.shape, *self._width), self.dtype) for rows in lines]
        for k, chosen, before in self._by_file(first):
            file = self._file(k)
            self._read_ahead(k, first[chosen] - before, last[chosen] - before, lines[0].shape[1])
            for out, rows in zip(found, lines, strict=True):
                out[chosen] = file.take(rows[chosen] - before, axis=0)  # faster than indexing
        return [torch.from_numpy(out).flatten(0, 1) for out in found]

    def write(self, rows: Tensor, values: Tensor) -> None:
        """Replace ``rows [n]`` in memory by ``values [n, ...]``."""
        for k, chosen, before in self._by_file(rows.numpy()):
            self._file(k)[rows.numpy()[chosen] - before] = values.numpy()[chosen]

    def to(self, device: torch.device | str) -> MappedRows | Tensor:
        """Copy all rows to a device as one tensor; on the CPU they stay on disk."""
        if torch.device(device).type == "cpu":
            return self
        files = [_tensor(self._file(k)) for k in range(len(self._mapped))]
        whole = torch.empty(int(self.files.ends[-1]), *self._width, dtype=files[0].dtype, device=device)
        for part, file in zip(whole.split(self.files.rows), files, strict=True):
            part.copy_(file)
        return whole

    def _file(self, k: int) -> np.ndarray:
        mapped = self._mapped[k]
        if mapped is None:
            array = self.files.load(k, self.mode)
            if k and array.dtype != self.dtype:
                raise StoreError(f"'{self.files.paths[k]}' has {array.dtype}, the first of its files {self.dtype}")
            if self._width and isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap) and _CAN_ADVISE:
                with suppress(OSError):  # advice that a file system does not take
                    array.base.madvise(mmap.MADV_RANDOM)
                self._memory[k] = array.base, array.offset
            mapped = self._mapped[k] = np.asarray(array).reshape(len(array), *self._width)
        return mapped

    def _read_ahead(self, k: int, first: np.ndarray, last: np.ndarray, count: int) -> None:
        """Have the system read rows of a file, ``count`` from each ``first [n]`` to ``last [n]``, ahead of their use.

        Where more than a page lies between them, as in a recording of an hour, they are read one by one.
        """
        if k not in self._memory:  # rows of a byte: thousands lie in a page
            return
        memory, offset = self._memory[k]
        size = self._width[0] * self.dtype.itemsize
        starts = (offset + first * size) // mmap.PAGESIZE * mmap.PAGESIZE
        sizes = offset + (last + 1) * size - starts
        dense = sizes <= (1 + count) * mmap.PAGESIZE
        with suppress(OSError):
            for start, size in zip(starts[dense].tolist(), sizes[dense].tolist(), strict=True):
                memory.madvise(mmap.MADV_WILLNEED, start, size)

    def _by_file(self, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray, int]]:
        """Yield each file that has some ``rows [n]``: its number, which of them, and the number of rows before it."""
        file = np.searchsorted(self.files.ends, rows, side="right")
        for k in np.unique(file).tolist():
            yield k, np.flatnonzero(file == k), int(self.files.ends[k]) - self.files.rows[k]


def select_rows(array: Tensor | MappedRows, *several: Tensor) -> list[Tensor]:
    """Read several ``rows [n, T]``, line i of all of which lies in one file; return each as ``[n * T, ...]``."""
    if isinstance(array, MappedRows):
        return array.select(*several)
    return [array.index_select(0, rows.flatten()) for rows in several]


def _tensor(array: np.ndarray) -> Tensor:
    """Return a tensor in the memory of an array, without the warning that it cannot be written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)
