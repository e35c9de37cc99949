"""Where a store goes: nothing but a store is ever replaced, and never by half of one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from skgraph.data.store_leftovers import strangers
from skgraph.errors import StoreError, first_three


def check_replaceable(place: Path, path: Path) -> None:
    """Raise a StoreError unless nothing is where a store shall be, or a store and nothing else, for it is removed.

    Args:
        place: where links lead.
        path: as the user wrote it, for messages.
    """
    if not place.exists():
        return
    if not (place / "meta.yaml").is_file():
        raise StoreError(f"'{path}' exists and is not a store: overwrite=true replaces stores only")
    if others := strangers(place):
        raise StoreError(f"'{path}' holds more than a store, which overwrite=true would remove: {first_three(others)}")


def move_into_place(folder: Path, place: Path, path: Path, overwrite: bool) -> None:
    """Rename a finished folder to the place of a store, which is there as a whole at every moment.

    Raises:
        StoreError: something else came into being there.
    """
    if not place.exists():
        os.rename(folder, place)
        return
    if not overwrite:
        raise StoreError(f"'{path}' came into being while this store was written: nothing was replaced")
    check_replaceable(place, path)  # anything may have been put there since the writing began
    replaced = folder.with_suffix(".replaced")
    try:
        os.rename(place, replaced)
        os.rename(folder, place)
    except BaseException:
        if replaced.exists() and not place.exists():
            os.rename(replaced, place)
        raise
    shutil.rmtree(replaced, ignore_errors=True)
