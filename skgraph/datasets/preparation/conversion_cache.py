"""Clips that were converted already, kept in files until their store is whole, so that nothing is converted twice."""

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
from skgraph.datasets.raw_clip import RawClip
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line, first_three

_KEY, _LOCK = "key.json", "lock"
# The lock, a part, the key, or one of the latter that was being written.
_OWN = re.compile(r"lock|\.?(?:key\.json|[0-9]{6,}\.npz)(?:\.[0-9]+\.partial)?")


class Parts:
    """A folder of parts, each an `.npz` of some clips in their order, of one command at a time.

    The folder is locked until `close`, the end of a `with`, or the end of the process. Copies in other processes work
    under that lock.

    Args:
        folder: where the parts are; it belongs to this class alone.
        key: what the parts depend on: the files, their sizes and times, and how they are converted. Parts of another
            key are removed.

    Raises:
        DataError: the folder holds something else, or another command uses it.
    """

    def __init__(self, folder: Path, key: object) -> None:
        self.folder = folder
        self._lock: IO[bytes] | None = None
        digest = hashlib.sha256(repr(key).encode("utf-8", "surrogateescape")).hexdigest()
        try:
            if os.path.lexists(folder):
                self._check_own()
            folder.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            if self._found_key() != digest:
                self._clear()
                with atomic_file(folder / _KEY, "w") as file:
                    json.dump({"key": digest}, file)
        except OSError as error:
            self.close()
            raise DataError(f"'{folder}', where converted clips would wait, cannot be made: {error}") from error

    def _take_lock(self) -> None:
        self._lock = open(self.folder / _LOCK, "ab")
        if not take_lock(self._lock, where_none=True):
            self.close()
            raise DataError(
                f"another command is converting clips into '{self.folder}': wait for its end, or choose another out"
            )

    def close(self) -> None:
        """Let other commands use the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_lock": None}

    def _check_own(self) -> None:
        """Whether nobody else's files are there, for they would be removed."""
        others = [path.name for path in self.folder.iterdir() if not _OWN.fullmatch(path.name) or not path.is_file()]
        if others or self.folder.is_symlink():
            what = f"it holds {first_three(sorted(others))}" if others else "it is a link"
            raise DataError(
                f"'{self.folder}' is in the way: expected nothing or what an earlier command left there, and {what}"
            )

    def _found_key(self) -> str | None:
        try:
            return json.loads((self.folder / _KEY).read_text(encoding="utf-8"))["key"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def __contains__(self, number: int) -> bool:
        return self.path(number).is_file()

    def path(self, number: int) -> Path:
        """The file of a part."""
        return self.folder / f"{number:06d}.npz"

    def read(self, number: int) -> list[RawClip]:
        """The clips of a part.

        Raises:
            DataError: the file is damaged.
        """
        path = self.path(number)
        try:
            with np.load(path, allow_pickle=False) as part:
                shapes, excluded = part["shapes"], part["excluded"].tolist()
                joints, there = part["joints"], part["there"]
                confidence = part["confidence"] if "confidence" in part else None
        except BROKEN_ARCHIVE as error:
            raise DataError(f"'{path}' is damaged ({first_line(error)}): remove the folder '{self.folder}'") from error
        clips, row = [], 0
        for (bodies, frames), reason in zip(shapes.tolist(), excluded, strict=True):
            if reason:
                clips.append(RawClip.left_out(reason))
                continue
            rows = slice(row, row + bodies * frames)
            row = rows.stop
            clips.append(
                RawClip(
                    joints[rows].reshape(bodies, frames, *joints.shape[1:]),
                    there[rows].reshape(bodies, frames),
                    None if confidence is None else confidence[rows].reshape(bodies, frames, -1) / np.float32(255),
                )
            )
        return clips

    def write(self, number: int, clips: Sequence[RawClip]) -> None:
        """Keep the clips of a part; all of them have a confidence of their joints, or none has."""
        kept = [clip for clip in clips if not clip.excluded]
        arrays = {
            "shapes": np.array([clip.joints.shape[:2] for clip in clips], np.int64).reshape(-1, 2),
            "excluded": np.array([clip.excluded for clip in clips], np.str_),
            "joints": _rows([clip.joints for clip in kept], np.float32),
            "there": _rows([clip.there for clip in kept], bool),
        }
        if kept and kept[0].confidence is not None:
            arrays["confidence"] = np.rint(_rows([clip.confidence for clip in kept], np.float32) * 255).astype(np.uint8)
        try:
            with atomic_file(self.path(number)) as file:
                np.savez(file, **arrays)
        except OSError as error:
            raise DataError(f"'{self.path(number)}' cannot be written: {error}") from error

    def _clear(self) -> None:
        """Remove everything but the lock."""
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()

    @classmethod
    def discard(cls, folder: Path) -> None:
        """Remove a folder of parts that nothing needs any more; another command that has begun to use it keeps it."""
        with suppress(OSError, DataError), cls(folder, None) as parts:
            parts._clear()
            parts.close()  # not every system removes a file that is open
            (folder / _LOCK).unlink()
            folder.rmdir()


def _rows(arrays: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    """Arrays `[M, T, ...]` as rows `[sum of M * T, ...]`."""
    if not arrays:
        return np.zeros(0, dtype)
    return np.concatenate([array.reshape(-1, *array.shape[2:]) for array in arrays]).astype(dtype, copy=False)
