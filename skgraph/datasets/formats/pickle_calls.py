"""What a pickle may name and call: what makes arrays, text and sets, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skgraph.datasets.formats.pickle_file import PickleFile
from skgraph.datasets.formats.pickled_array import PickledArray, PickledType, plain_array
from skgraph.errors import DataError

_KEYS = {str, bytes, int, float, bool, type(None)}
# Whole numbers beyond have the hashes of smaller ones, and a crafted dict of them would take hours.
_LARGEST_KEY = 2**61 - 2
_PLAIN_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|[US][1-9][0-9]{0,8}")


@dataclass(frozen=True)
class PickledName:
    """What stands on the stack for a function or a class that a pickle names; nothing is ever looked up."""

    kind: str


_NAMES = {
    ("numpy", "ndarray"): PickledName("ndarray"),
    ("numpy", "dtype"): PickledName("dtype"),
    ("_codecs", "encode"): PickledName("encode"),
    **{
        (f"numpy.{core}.{module}", name): PickledName(name)
        for core in ("core", "_core")
        for module, name in (("multiarray", "_reconstruct"), ("multiarray", "scalar"), ("numeric", "_frombuffer"))
    },
    **{
        (module, name): PickledName(name)
        for module in ("__builtin__", "builtins")
        for name in ("bytes", "set", "frozenset")
    },
}


class PickleCalls(PickleFile):
    """The calls that a pickle may ask for, done here; nothing that it names is ever looked up or called.

    Raises:
        DataError: by every method: the pickle asks for something else.
        ValueError: what it gives does not fit together.
    """

    def refused(self, what: str) -> DataError:
        """The error for what is not allowed."""
        return DataError(f"'{self.path}': the pickle wants {what}: only arrays and plain containers are read")

    def named(self, module: bytes | str, name: bytes | str) -> PickledName:
        """What stands for the function or class of a name."""
        key = tuple(part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in (module, name))
        if key not in _NAMES:
            raise self.refused(repr(".".join(key)[:80])[1:-1])
        return _NAMES[key]

    def called(self, name: Any, arguments: Any) -> Any:
        """What a call of a function or class with a tuple of arguments makes."""
        if type(name) is not PickledName or type(arguments) is not tuple:
            raise self.refused(f"to call a {type(name).__name__}")
        match (name.kind, *arguments):
            case ("_reconstruct", PickledName("ndarray"), (0,), b"b" | "b"):
                return PickledArray()
            case ("dtype", str(code), _, _):
                if not _PLAIN_DTYPE.fullmatch(code):
                    raise self.refused(f"an array of {code[:20]!r}, which is not plain numbers or text")
                return PickledType(code)
            case ("scalar", PickledType() as kind, data):
                return plain_array(kind, (), self.copy(data), "C").item()
            case ("_frombuffer", bytes(data), PickledType() as kind, shape, "C" | "F" as order):
                return plain_array(kind, shape, self.copy(data), order)
            case ("encode", str(text), "latin1" | "latin-1"):
                return self.copy(text).encode("latin-1")
            case ("bytes",):
                return b""
            case ("set" | "frozenset" as kind, list(items)):
                self.count()
                return (set if kind == "set" else frozenset)(self.hashable(self.copy(items)))
            case _:
                kinds = ", ".join(type(argument).__name__ for argument in arguments[:5])
                raise self.refused(f"{name.kind} of ({kinds})")

    def built(self, target: Any, state: Any) -> Any:
        """What a dtype or an array in the making becomes by its description."""
        match target, state:
            case PickledType(), (3, "<" | ">" | "|" | "=" as order, None, None, None, int(size), int(), 0 | 8):
                dtype = np.dtype(order + target.code)
                if size not in (-1, dtype.itemsize):
                    raise ValueError(f"items of {dtype} have {dtype.itemsize} bytes, found {size}")
                target.dtype = dtype
                return target
            case PickledArray(None), (
                1,
                shape,
                PickledType() as kind,
                bool() | 0 | 1 as fortran,
                bytes() | str() as data,
            ):
                target.value = plain_array(kind, shape, self.copy(data), "F" if fortran else "C")
                return target.value
            case ((PickledType() | PickledArray()), _):
                raise self.refused("an array whose description is not that of plain numbers or text")
            case _:
                raise self.refused(f"to change a {type(target).__name__}")

    def hashable(self, keys: Iterable[Any]) -> list[Any]:
        """Keys of a dict or members of a set, of which nothing can go wrong when they are hashed."""
        keys = list(keys)
        for key in keys:
            if type(key) not in _KEYS or (type(key) is int and abs(key) > _LARGEST_KEY):
                raise self.refused(f"a {type(key).__name__} as the key of a dict or in a set")
        return keys
