"""The files of a store: their names, and how they are opened and written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import yaml

from skgraph._internal.files import check_file
from skgraph._internal.text import csv_text
from skgraph.errors import BROKEN_ARCHIVE, StoreError, first_line, first_three

FORMAT_VERSION = 2
_OWN = re.compile(r"(frames|present|confidence)(-[0-9]+)?\.npy|meta\.yaml|excluded\.csv|index|index\.npz")


def check_replaceable(path: Path, overwrite: bool, folder: Path) -> None:
    """Raise a StoreError unless ``folder``, to which ``path`` leads, is a store and nothing else, to be overwritten."""
    if not overwrite and folder == path.resolve():
        raise StoreError(f"'{path}' exists already: choose another folder, or overwrite=true")
    if not (folder / "meta.yaml").is_file():
        raise StoreError(f"'{path}' exists and is not a store: overwrite=true replaces stores only")
    entries = [(entry.name, entry.is_dir()) for entry in folder.iterdir()]
    if others := sorted(name for name, is_dir in entries if not _OWN.fullmatch(name) or is_dir != (name == "index")):
        raise StoreError(f"'{path}' holds more than a store, which overwrite=true would remove: {first_three(others)}")


def load_npy(path: Path, mode: Literal["r", "c"]) -> np.ndarray:
    """Map an array, for reading (``"r"``), or to be written in memory (``"c"``), of which nothing reaches the file.

    The system refuses to map what may be written and is larger than its memory.
    """
    check_file(path, StoreError)
    try:
        with np.errstate(over="ignore"):  # a damaged shape may be anything
            return np.load(path, mmap_mode=mode, allow_pickle=False)
    except BROKEN_ARCHIVE as error:
        raise StoreError(f"'{path}' is missing, truncated or not a NumPy array: {first_line(error)}") from error


def read_index(folder: Path) -> dict[str, np.ndarray]:
    """Map the arrays of a store's index, by their names; none of them is read."""
    return {path.stem: load_npy(path, "c") for path in sorted((folder / "index").glob("*.npy"))}


def write_description(
    folder: Path, meta: Mapping[str, Any], index: Iterable[tuple[str, np.ndarray]], excluded: Sequence[tuple[str, str]]
) -> None:
    """Write all files of a store but its rows: ``index``, ``meta.yaml`` and, if clips were left out, their reasons."""
    (folder / "index").mkdir()
    for key, array in index:
        with open(folder / "index" / f"{key}.npy", "wb") as file:
            np.save(file, array)
            close_written(file)
    with open(folder / "meta.yaml", "w", encoding="utf-8") as text:
        yaml.safe_dump(dict(meta), text, sort_keys=False, allow_unicode=True)
        close_written(text)
    if excluded:
        with open(folder / "excluded.csv", "w", encoding="utf-8", newline="") as table:
            table.write(csv_text([("name", "reason"), *excluded]))
            close_written(table)


def close_written(file: IO) -> None:
    """Close a file whose content is on the disk."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
