"""Atomic writes of files and folders, and their locks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from skgraph.errors import DataError


def take_lock(file: IO[Any] | int, where_none: bool = False) -> bool:
    """Take the lock of an open file or folder until it is closed, also by a kill; False where another process has it.

    Args:
        file: open for writing, which locks over a network need, or a descriptor.
        where_none: result on a system without locks.
    """
    try:
        import fcntl
    except ImportError:
        return where_none
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return where_none
    return True


@contextmanager
def locked_folder(path: Path) -> Iterator[bool]:
    """Hold the lock of a folder, its file ``.lock``, and yield True; yield False where another process has it."""
    with open(path / ".lock", "a") as file:
        yield take_lock(file, where_none=True)


@contextmanager
def atomic_file(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file beside ``path`` for writing, and rename it to ``path`` if the block ends without an error.

    A killed process leaves the old file as it was, and the next writer of ``path`` removes its ``.NAME.PID.partial``;
    an error removes the new one. Mode ``"w"`` is for UTF-8 text.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    for leftover in _leftovers(path, "partial"):
        if leftover.is_file() and _is_abandoned(leftover):
            leftover.unlink(missing_ok=True)
    lock = None
    try:
        with open(partial, mode, encoding=None if "b" in mode else "utf-8") as file:
            lock = os.dup(file.fileno())  # held until the file has its name
            take_lock(lock)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        _add_path(error, path)
        raise
    finally:
        if lock is not None:
            os.close(lock)


@contextmanager
def atomic_folder(path: Path, check: Callable[[Path], None] = lambda folder: None) -> Iterator[Path]:
    """Yield a new folder beside ``path`` to fill, and rename it to ``path`` if the block ends without an error.

    The old folder stays until the new one is complete; an error removes the new one. After a kill, the next writer of
    ``path`` restores or removes the leftover ``.NAME.PID.partial`` and ``.NAME.PID.replaced``.

    Args:
        path: the folder to make or to replace; where it is a link, the folder that it leads to.
        check: raises a DataError for a folder that must not be replaced.
    """
    path = path.resolve()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    replaced = partial.with_suffix(".replaced")
    restore_folder(path)
    if path.exists():
        check(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path, check)
    lock = None
    try:
        partial.mkdir()
        with suppress(OSError):  # Windows opens no folder, and has no such locks
            lock = os.open(partial, os.O_RDONLY)
            take_lock(lock)
        yield partial
        if path.exists():
            check(path)  # again: the destination may have changed since
            os.rename(path, replaced)
        os.rename(partial, path)
    except BaseException as error:
        if replaced.exists() and not path.exists():
            os.rename(replaced, path)
        _add_path(error, path)
        raise
    else:
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def restore_folder(path: Path) -> None:
    """Put back the folder that a killed process had moved aside, unless something else is there now."""
    path = path.resolve()
    for replaced in [] if os.path.lexists(path) else _leftovers(path, "replaced"):
        if _is_abandoned(replaced.with_suffix(".partial")):
            with suppress(OSError):  # a read-only disk
                os.rename(replaced, path)
            return


def restore_below(path: Path) -> None:
    """Put back every folder at or below a path that a killed process had moved aside."""
    for replaced in path.rglob(".*.replaced"):
        if name := re.fullmatch(r"\.(.+)\.[0-9]+\.replaced", replaced.name, re.DOTALL):
            restore_folder(replaced.with_name(name[1]))


def _remove_leftovers(path: Path, check: Callable[[Path], None]) -> None:
    for partial in _leftovers(path, "partial"):
        if partial.is_dir() and _is_abandoned(partial):
            shutil.rmtree(partial, ignore_errors=True)
    for replaced in _leftovers(path, "replaced") if path.exists() else []:
        with suppress(DataError):
            check(replaced)
            shutil.rmtree(replaced, ignore_errors=True)


def _leftovers(path: Path, suffix: str) -> list[Path]:
    """Return the files and folders that writers of a path made beside it."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9]+\.{suffix}", re.DOTALL)
    try:
        return [entry for entry in path.parent.iterdir() if name.fullmatch(entry.name)]
    except OSError:
        return []


def _is_abandoned(partial: Path) -> bool:
    """Return whether no process fills a folder; True for a missing folder."""
    try:
        descriptor = os.open(partial, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        return take_lock(descriptor)
    finally:
        os.close(descriptor)


def _add_path(error: BaseException, path: Path) -> None:
    """Add the path to an error without one, such as "No space left on device"."""
    if isinstance(error, OSError) and error.errno and error.filename is None:
        error.filename = str(path)
