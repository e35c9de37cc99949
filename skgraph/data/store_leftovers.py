"""What a killed :class:`~skgraph.data.StoreWriter` left beside its store: put back where that is gone, else removed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from skgraph._internal.atomic import take_lock

STORE_FILES = ("frames.npy", "present.npy", "confidence.npy", "index.npz", "meta.yaml", "excluded.csv")


def strangers(folder: Path) -> list[str]:
    """Names of what lies in a folder and is no file of a store."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name not in STORE_FILES or entry.is_dir())


def restore(path: Path) -> None:
    """Put back the store that a writer had moved aside when it was killed, where nothing took its place."""
    path = Path(os.path.realpath(path))
    for folder in [] if os.path.lexists(path) else _beside(path, "replaced"):
        if _abandoned(folder.with_suffix(".partial")) and (folder / "meta.yaml").is_file():
            try:
                os.rename(folder, path)
            except OSError:  # of a disk that cannot be written
                pass
            return


def remove_abandoned(path: Path) -> None:
    """Remove what writers of this store left that were killed: their locks went with them."""
    for folder in _beside(path, "partial"):
        if _abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in _beside(path, "replaced") if path.exists() else []:
        if not strangers(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _beside(path: Path, suffix: str) -> list[Path]:
    """The folders of writers of this store, by the number of their process."""
    own = re.compile(rf"\.{re.escape(path.name)}\.[0-9]+\.{suffix}", re.DOTALL)
    try:
        return [entry for entry in path.parent.iterdir() if own.fullmatch(entry.name) and entry.is_dir()]
    except OSError:
        return []


def _abandoned(folder: Path) -> bool:
    """Whether no writer is at work in a folder; one that is not there has none."""
    try:
        with open(folder / "frames.npy", "rb") as file:
            return take_lock(file)
    except FileNotFoundError:
        return not folder.exists()
    except OSError:
        return False
