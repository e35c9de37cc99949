"""`.npy` files, which hold one array."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

MOST_NUMBERS = 2**25
"""Numbers of a clip: four hours of a body of 25 joints at 30 frames a second. Preparing a store may take some 25 bytes
of memory for each."""


def open_npy(path: Path) -> np.ndarray:
    """Memory-map the array of a file.

    Raises:
        DataError: the file is missing, damaged, pickled, or an archive of arrays.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected an .npy array")
    try:
        with np.errstate(over="ignore"):  # a damaged header may have any shape
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except BROKEN_ARCHIVE as error:
        raise DataError(f"'{path}' is not a complete .npy array of numbers: {first_line(error)}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"'{path}' is an archive of arrays, expected one .npy array")
    return array
