"""The conversion cache: clips that an interrupted `prepare` has converted already."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from skgraph._internal.atomic import atomic_file, take_lock
from skgraph.datasets.raw_dataset import RawClip
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line, first_three

_KEY, _LOCK = "key.json", "lock"
# Names of the files of a cache, complete or half written.
_OWN = re.compile(r"lock|\.?(?:key\.json|[0-9]{6,}\.npz)(?:\.[0-9]+\.partial)?")


class ConversionCache:
    """A folder of chunks, each an `.npz` of consecutive clips.

    The folder is locked until `close`, the end of a `with`, or the end of the process. Copies that are pickled to other
    processes write under that lock.

    Args:
        folder: folder for the cache and nothing else.
        key: everything that the chunks depend on: files, sizes, times and options of the conversion. Chunks of another
            key are removed.

    Raises:
        DataError: the folder holds other files, or another command uses it.
    """

    def __init__(self, folder: Path, key: object) -> None:
        self.folder = folder
        self._lock: IO[bytes] | None = None
        digest = hashlib.sha256(repr(key).encode("utf-8", "surrogateescape")).hexdigest()
        content = json.dumps({"key": digest}).encode()
        try:
            if os.path.lexists(folder):
                self._check_own()
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(folder / _LOCK, "ab")
            if not take_lock(self._lock, where_none=True):
                self.close()
                raise DataError(f"another command uses '{folder}': wait for its end, or choose another out")
            if not (folder / _KEY).exists() or (folder / _KEY).read_bytes() != content:
                self._clear()
                with atomic_file(folder / _KEY) as file:
                    file.write(content)
        except OSError as error:
            self.close()
            raise DataError(f"'{folder}', the cache of converted clips, cannot be made: {error}") from error

    def close(self) -> None:
        """Release the folder for other commands."""
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> ConversionCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_lock": None}

    def __contains__(self, chunk: int) -> bool:
        return self.path(chunk).is_file()

    def path(self, chunk: int) -> Path:
        """Return the file of a chunk, by its number."""
        return self.folder / f"{chunk:06d}.npz"

    def read(self, chunk: int) -> list[RawClip]:
        """Read the clips of a chunk.

        Raises:
            DataError: the file is damaged.
        """
        path = self.path(chunk)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
            shapes, excluded = arrays["shapes"].tolist(), arrays["excluded"].tolist()
            joints, there, confidence = arrays["joints"], arrays["there"], arrays.get("confidence")
        except BROKEN_ARCHIVE as error:
            raise DataError(f"'{path}' is damaged ({first_line(error)}): remove the folder '{self.folder}'") from error
        clips, end = [], 0
        for shape, reason in zip(shapes, excluded, strict=True):
            rows = slice(end, end + shape[0] * shape[1])
            end = rows.stop
            sure = None if confidence is None else confidence[rows].reshape(*shape, joints.shape[1]) / np.float32(255)
            clips.append(
                RawClip(joints[rows].reshape(*shape, *joints.shape[1:]), there[rows].reshape(shape), sure, reason)
            )
        return clips

    def write(self, chunk: int, clips: Sequence[RawClip]) -> None:
        """Write the clips of a chunk; all or none of them have a confidence."""
        kept = [clip for clip in clips if not clip.excluded]
        arrays: dict[str, Any] = {
            "shapes": np.array([clip.joints.shape[:2] for clip in clips], np.int64).reshape(-1, 2),
            "excluded": np.array([clip.excluded for clip in clips], np.str_),
            "joints": _rows([clip.joints for clip in kept], np.float32),
            "there": _rows([clip.there for clip in kept], bool),
        }
        if kept and kept[0].confidence is not None:
            arrays["confidence"] = np.rint(_rows([clip.confidence for clip in kept], np.float32) * 255).astype(np.uint8)
        try:
            with atomic_file(self.path(chunk)) as file:
                np.savez(file, **arrays)
        except OSError as error:
            raise DataError(f"'{self.path(chunk)}' cannot be written: {error}") from error

    @classmethod
    def discard(cls, folder: Path) -> None:
        """Remove a cache, unless another command uses it."""
        with suppress(OSError, DataError), cls(folder, None) as cache:
            cache._clear()
            cache.close()  # Windows does not remove an open file
            (folder / _LOCK).unlink()
            folder.rmdir()

    def _check_own(self) -> None:
        """Raise an error if the folder holds other files, because `_clear` would remove them."""
        others = [path.name for path in self.folder.iterdir() if not _OWN.fullmatch(path.name) or not path.is_file()]
        if others or self.folder.is_symlink():
            found = f"it holds {first_three(sorted(others))}" if others else "it is a link"
            raise DataError(f"'{self.folder}' is in the way of a cache of converted clips: {found}")

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()


def _rows(arrays: Sequence[Any], dtype: type) -> np.ndarray:
    """Concatenate arrays `[M, T, ...]` as rows `[sum of M * T, ...]`."""
    if not arrays:
        return np.zeros(0, dtype)
    return np.concatenate([array.reshape(-1, *array.shape[2:]) for array in arrays]).astype(dtype, copy=False)
