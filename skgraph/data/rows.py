"""Rows of a store, one for each frame of each body: in one file, or in one for each share that was joined."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from skgraph.data.store_files import load_npy
from skgraph.errors import StoreError, first_three


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

    def open(self, mode: Literal["r", "c"] = "r") -> Tensor | ShardedRows:
        """Map the array, each of several files when a row of it is first read; a row is flat.

        Args:
            mode: see :func:`load_npy`; writing to an array that is mapped for reading ends the process.

        Raises:
            StoreError: a file is missing, or the first is damaged.
        """
        first = self.load(0, mode)
        if len(self.paths) == 1:
            return _tensor(first.reshape(len(first), -1) if self.shape else first)
        if missing := [path.name for path in self.paths if not path.exists()]:
            raise StoreError(f"store '{self.folder}' lacks {len(missing)} of its files: {first_three(missing)}")
        return ShardedRows(self, first.dtype, mode)

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


class ShardedRows:
    """Rows of several files, read as one array of flat rows; a file is mapped when a row of it is first read.

    Args:
        files: the files.
        dtype: kind of their numbers.
        mode: see :func:`load_npy`.
    """

    device = torch.device("cpu")

    def __init__(self, files: RowFiles, dtype: np.dtype, mode: Literal["r", "c"]) -> None:
        self.files, self.dtype, self.mode = files, dtype, mode
        self._width = [int(np.prod(files.shape))] if files.shape else []
        self._shards: list[np.ndarray | None] = [None] * len(files.paths)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return int(self.files.ends[-1]) * int(np.prod(self._width, dtype=int)) * self.dtype.itemsize

    def select(self, rows: Tensor) -> Tensor:
        """Read ``rows [n, T]``, each line of which lies in one file; return ``[n * T, ...]``."""
        lines = rows.numpy()
        out = np.empty((*lines.shape, *self._width), self.dtype)
        for k, chosen, within in self._by_shard(lines):
            out[chosen] = self._shard(k)[within]
        return torch.from_numpy(out).flatten(0, 1)

    def write(self, rows: Tensor, values: Tensor) -> None:
        """Replace ``rows [n]`` in memory by ``values [n, ...]``."""
        for k, chosen, within in self._by_shard(rows.numpy()[:, None]):
            self._shard(k)[within[:, 0]] = values.numpy()[chosen]

    def to(self, device: torch.device | str) -> ShardedRows | Tensor:
        """Copy all rows to a device as one tensor; on the CPU they stay on disk."""
        if torch.device(device).type == "cpu":
            return self
        shards = [_tensor(self._shard(k)) for k in range(len(self._shards))]
        whole = torch.empty(int(self.files.ends[-1]), *self._width, dtype=shards[0].dtype, device=device)
        for part, shard in zip(whole.split(self.files.rows), shards, strict=True):
            part.copy_(shard)
        return whole

    def _shard(self, k: int) -> np.ndarray:
        shard = self._shards[k]
        if shard is None:
            array = self.files.load(k, self.mode)
            if array.dtype != self.dtype:
                raise StoreError(f"'{self.files.paths[k]}' has {array.dtype}, the first of its files {self.dtype}")
            shard = self._shards[k] = array.reshape(len(array), *self._width)
        return shard

    def _by_shard(self, lines: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield each file that is needed, the lines that lie in it, and their rows there."""
        shard = np.searchsorted(self.files.ends, lines[:, 0], side="right")
        for k in np.unique(shard).tolist():
            chosen = np.flatnonzero(shard == k)
            yield k, chosen, lines[chosen] - (int(self.files.ends[k]) - self.files.rows[k])


def _tensor(array: np.ndarray) -> Tensor:
    """Return a tensor in the memory of an array, without the warning that it cannot be written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)


def select_rows(array: Tensor | ShardedRows, rows: Tensor) -> Tensor:
    """Read ``rows [n, T]``, each line of which lies in one file; return ``[n * T, ...]``."""
    return array.index_select(0, rows.flatten()) if isinstance(array, Tensor) else array.select(rows)


def write_rows(array: Tensor | ShardedRows, rows: Tensor, values: Tensor) -> None:
    """Replace ``rows [n]`` in memory by ``values [n, ...]``."""
    if isinstance(array, Tensor):
        array[rows] = values
    else:
        array.write(rows, values)
