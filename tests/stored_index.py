"""Changes to the index of a store on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np


def change_index(store: Path, **changes: Callable[[np.ndarray | None], np.ndarray]) -> None:
    """Replace arrays of an index by functions of them; of ``None`` where there is no such array."""
    for key, change in changes.items():
        path = store / "index" / f"{key}.npy"
        array = change(np.load(path) if path.exists() else None)
        path.unlink(missing_ok=True)  # an open store has the old file mapped
        np.save(path, array)


def set_in_index(store: Path, key: str, position: int | slice, value: object) -> None:
    """Replace numbers of an array of an index."""
    array = np.load(store / "index" / f"{key}.npy")
    array[position] = value
    change_index(store, **{key: lambda _: array})
