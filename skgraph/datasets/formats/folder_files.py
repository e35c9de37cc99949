"""What a folder holds, and nothing of it passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skgraph.errors import DataError


def folder_files(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder whose names end in a suffix, sorted by name.

    Raises:
        DataError: the folder cannot be read, or something in it is called like a file and is none: a folder, a link to
            what is not there, or a pipe.
    """
    files = [path for path in _entries(folder) if path.name.endswith(suffix)]
    for path in files:
        check_file(path)
    return files


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder, sorted by name.

    Raises:
        DataError: the folder cannot be read.
    """
    return [path for path in _entries(folder) if path.is_dir()]


def all_below(folder: Path) -> Iterator[Path]:
    """Everything in a folder and in the folders in it, sorted; links to folders are not followed.

    Raises:
        DataError: one of the folders cannot be read.
    """
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if path is not folder:
            yield path
        if path.is_dir() and (path is folder or not path.is_symlink()):
            waiting += reversed(_entries(path))


def check_file(path: Path) -> None:
    """
    Raises:
        DataError: what a folder holds under this name is no file.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "a broken link" if path.is_symlink() else "a pipe or a device"
        raise DataError(f"'{path}' is {found}, expected a file")


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:  # `Path.glob` would say that there is nothing in it
        raise DataError(f"'{folder}' cannot be read: {error}") from error
