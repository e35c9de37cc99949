"""The arrays that a pickle describes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from skgraph.datasets.formats.text_file import is_valid_unicode


@dataclass(eq=False)
class PickledType:
    """A dtype in the making: it has its byte order after the instruction BUILD."""

    code: str
    dtype: np.dtype | None = None


@dataclass(eq=False)
class PickledArray:
    """An array in the making: it has its content after the instruction BUILD."""

    value: np.ndarray | None = None


def plain_array(kind: PickledType, shape: Any, data: Any, order: str) -> np.ndarray:
    """An array of plain numbers or text over some bytes, all of which it uses.

    Raises:
        ValueError: they do not fit together, or are no numbers or text of that type.
    """
    dtype = kind.dtype
    if dtype is None:
        raise ValueError("an array of a type without byte order")
    data = data.encode("latin-1") if type(data) is str else data
    if type(data) is not bytes:
        raise ValueError(f"the content of an array must be bytes, found a {type(data).__name__}")
    if type(shape) is not tuple or len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise ValueError("the shape of an array must be whole numbers, 0 or more")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"an array of {dtype} {list(shape)} has {len(data)} bytes")
    if not data:
        array = np.zeros(shape, dtype.newbyteorder("="))
    else:
        _check_values(data, dtype)
        array = np.frombuffer(data, dtype).reshape(shape, order=order).astype(dtype.newbyteorder("="), copy=False)
    array.flags.writeable = False
    return array


def _check_values(data: bytes, dtype: np.dtype) -> None:
    """Refuse what no program writes and what is an error only when it is looked at."""
    if dtype.kind == "b" and max(data) > 1:
        raise ValueError("an array of bool holds neither 0 nor 1")
    if dtype.kind == "U" and not is_valid_unicode(np.frombuffer(data, dtype)):
        raise ValueError("an array of text holds what is no letter")
