"""Reads pickles of arrays and plain containers, and runs nothing that they ask for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.pickle_calls import PickledName
from skgraph.datasets.formats.pickle_machine import PickleMachine
from skgraph.datasets.formats.pickled_array import PickledArray, PickledType
from skgraph.errors import DataError

_CONTAINERS = (dict, list, tuple, set, frozenset)
_PLAIN = {*_CONTAINERS, str, bytes, int, float, bool, type(None), np.ndarray}
_MAX_DEPTH = 100


def load_plain(path: str | Path) -> Any:
    """Read a pickle that holds NumPy arrays and plain containers, and refuse every other.

    The instructions of the file are carried out here, not by Python's `pickle`, which calls what a file names. Names
    are compared with a short list (`numpy.ndarray`, `numpy.dtype` and what arrays, their scalars and sets are written
    with) and stand for our own code, which checks shape, type and size of an array before it makes one. There is no
    other name, no class, no extension code and no persistent id. What is read is a tree of finite depth, parts of
    which may be shared, and memory is bounded by a multiple of the file's size.

    The format is that of Python's documentation of `pickletools`, protocols 0 to 5. 8-bit texts of Python 2 are read as
    Latin-1.

    Args:
        path: the file, which is read as a whole.

    Returns:
        Of dict, list, tuple, set, frozenset, str, bytes, int, float, bool, None and read-only arrays of kind `b`, `i`,
        `u`, `f`, `U` and `S` in native byte order. Scalars of NumPy become those of Python, bytearrays bytes.

    Raises:
        DataError: the file is missing, damaged or truncated, or asks for anything else; the message says for what.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected a pickle")
    try:
        with path.open("rb") as file:
            machine = PickleMachine(path, file, os.fstat(file.fileno()).st_size)
            value = machine.run()
            _check_tree(value, machine)
            return value
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error


def in_words(value: Any) -> str:
    """What a value of a pickle is, for an error: never more than a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {list(value.shape)}"
    if isinstance(value, _CONTAINERS):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value[:40] if isinstance(value, (str, bytes)) else value)


def _check_tree(value: Any, machine: PickleMachine) -> None:
    """Check what a machine has made.

    Raises:
        DataError: something unfinished is left, a container contains itself, or they are nested too deep.
    """
    _check_kinds([value], machine)
    heights: dict[int, int] = {}  # of the containers that are done, by identity
    path = [(value, _inner(value, machine))] if type(value) in _CONTAINERS else []
    around = {id(container) for container, _ in path}
    while path:
        container, rest = path[-1]
        for inner in rest:
            if id(inner) in around:
                raise DataError(f"'{machine.path}' has a {type(inner).__name__} that contains itself")
            if id(inner) not in heights:
                path.append((inner, _inner(inner, machine)))
                around.add(id(inner))
                break
        else:
            inside = _inner(container, machine)
            height = 1 + max((heights[id(inner)] for inner in inside), default=0)
            if height > _MAX_DEPTH:
                raise DataError(f"'{machine.path}' nests more than {_MAX_DEPTH} containers")
            heights[id(container)] = height
            around.discard(id(container))
            path.pop()


def _inner(container: Any, machine: PickleMachine) -> Iterator[Any]:
    """The containers inside a container; the rest is checked."""
    items = container.values() if type(container) is dict else container
    _check_kinds(items, machine)
    return (item for item in items if type(item) in _CONTAINERS)


def _check_kinds(items: Iterable[Any], machine: PickleMachine) -> None:
    if strange := set(map(type, items)) - _PLAIN:
        what = {PickledName: "a class", PickledType: "a dtype", PickledArray: "an array without content"}[strange.pop()]
        raise machine.refused(f"{what} as a value")
