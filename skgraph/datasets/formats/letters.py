"""Whether text of somebody else's file is text."""

from __future__ import annotations

import numpy as np


def are_letters(values: np.ndarray) -> bool:
    """Whether every letter of an array of text (kind `U`) is one: a number of Unicode, and not half a character.

    An array may hold any number of 32 bits in place of a letter. What is none is an error only when it is looked at,
    printed or written, far from the file that it came from.
    """
    if not values.itemsize:
        return True
    letters = np.ascontiguousarray(values).view(np.dtype(np.uint32).newbyteorder(values.dtype.byteorder))
    return not ((letters > 0x10FFFF) | ((letters >= 0xD800) & (letters < 0xE000))).any()
