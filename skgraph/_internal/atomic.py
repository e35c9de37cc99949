"""Files and folders that are whole or not there, and locks of those that are in the making."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def take_lock(file: IO[Any], where_none: bool = False) -> bool:
    """Take the lock of an open file until it is closed, also by a kill; False where somebody else has it.

    Args:
        file: open for writing, which locks over a network need.
        where_none: what to return where the system has no locks.
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
def atomic_file(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file beside ``path`` for writing, and rename it into place if the block ends without an error.

    A kill at any moment leaves what was there before; an error leaves nothing of the new file.

    Args:
        path: the file to make or to replace.
        mode: ``"wb"``, or ``"w"`` for UTF-8 text.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)  # "No space left on device" alone does not say where
        raise


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a new folder beside ``path`` to fill, and put it into place if the block ends without an error.

    What was there before stays until the new one is whole; an error leaves nothing of the new one.

    Args:
        path: the folder to make or to replace.
    """
    path = path.resolve()  # a link stays one, and `.` has a name
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    replaced = path.with_name(f".{path.name}.{os.getpid()}.replaced")
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        yield partial
        if path.exists():
            os.replace(path, replaced)
        os.replace(partial, path)
    except BaseException as error:
        if replaced.exists() and not path.exists():
            os.replace(replaced, path)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(path)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
