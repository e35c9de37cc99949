"""Pickles of arrays and plain containers, read without executing code."""

from __future__ import annotations

import mmap
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from skgraph.datasets.formats.npy_file import array_from_bytes
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

_SIZE_LIMIT = 2**35  # bytes: some ten times the joints of NTU RGB+D 120 as float32
_ALWAYS, _CONTAINER, _MAX_DEPTH = 100_000_000, 100, 100  # bytes of any file, of a container; nested containers
_KEYS = {str, bytes, int, float, bool, type(None)}  # hashing nested tuples may take forever
_PLAIN_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|[US][1-9][0-9]{0,8}")
_NAMES = re.compile(
    r"numpy\.(ndarray|dtype)|numpy\._?core\.(multiarray\.(_reconstruct|scalar)|numeric\._frombuffer)|_codecs\.encode"
    r"|collections\.OrderedDict|(__builtin__|builtins)\.(bytes|set|frozenset)"
)
_REFUSED = re.compile(r"(BIN)?PERSID|EXT\d|INST|OBJ|NEWOBJ(_EX)?|NEXT_BUFFER|READONLY_BUFFER|0x..")
_ALLOCATING = re.compile(r"TUPLE\d?|(EMPTY_)?(LIST|DICT|SET)|FROZENSET|REDUCE|MARK|(LONG_)?(BIN)?PUT|MEMOIZE")
_PythonUnpickler: Any = pickle._Unpickler  # stubs lack its stack
_KEYS_ON_STACK = {"SETITEM": slice(-2, -1), "ADDITEMS": slice(None), "FROZENSET": slice(None)}
_KEYS_ON_STACK |= {"SETITEMS": slice(None, None, 2), "DICT": slice(None, None, 2)}


def read_pickle(path: Path) -> Any:
    """Read a pickle of NumPy arrays and plain containers; refuse any other, and never import what it names.

    Memory is bounded by a multiple of the file's size. Protocols 0 to 5 are read, of NumPy 1 and 2; 8-bit texts of
    Python 2 are read as Latin-1.

    Returns:
        A tree of dict, list, tuple, set, frozenset, str, bytes, int, float, bool, None and read-only arrays of kind
        `b`, `i`, `u`, `f`, `U` and `S` in native byte order. Scalars of NumPy become those of Python, bytearrays bytes.

    Raises:
        DataError: the file is missing, too large, damaged or truncated, or has other content.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected a pickle")
    try:
        size = path.stat().st_size
        if not 0 < size <= _SIZE_LIMIT:
            raise DataError(f"it has {size} bytes, expected 1 to {_SIZE_LIMIT}")
        with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
            return _load(content, size)  # a memory map never allocates a damaged length
    except (OSError, DataError) as error:
        raise DataError(f"'{path}' is not a pickle of arrays and plain containers: {error}") from error


def _load(content: Any, size: int) -> Any:
    try:
        _check_tree(value := _Unpickler(content, size).load())
    except (*BROKEN_ARCHIVE, pickle.UnpicklingError) as error:
        problem = "it is cut off" if isinstance(error, EOFError) else first_line(error)
        raise DataError(f"byte {content.tell()}: {problem}") from error
    if rest := size - content.tell():
        raise DataError(f"{rest} bytes follow its end")
    return value


class _Name(str):
    """Stand-in for a function or class that a pickle names."""


class _Unbuilt(SimpleNamespace):
    """Stand-in for a dtype with a `code`, or an array without, whose `value` follows with the instruction BUILD."""


class _Memo(dict):
    """Values that a pickle uses again, by number; a built value replaces its stand-in."""

    def __setitem__(self, number: int, value: Any) -> None:
        if number >= 2**32:  # larger numbers can share one hash
            raise ValueError(f"the memo is numbered 0 to {2**32 - 1}, found {number}")
        super().__setitem__(number, value)

    def __getitem__(self, number: int) -> Any:
        value = super().__getitem__(number)
        return value.value if type(value) is _Unbuilt and value.value is not None else value


class _Unpickler(_PythonUnpickler):
    """Python's unpickler with stand-ins for callables; the one in C hashes crafted keys and allocates a huge memo."""

    def __init__(self, content: Any, size: int) -> None:
        super().__init__(content, encoding="latin1")
        self.limit, self.allocated = _ALWAYS + 25 * size, 0
        self.memo = _Memo()

    def find_class(self, module: str, name: str) -> _Name:
        if not _NAMES.fullmatch(f"{module}.{name}"):
            raise DataError(f"it wants {module}.{name}"[:80])
        return _Name(name.rpartition(".")[2])

    load_bytearray8 = _PythonUnpickler.load_binbytes8  # allocates no more than the file has

    def load_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not _Name or type(arguments) is not tuple:
            raise DataError(f"it wants to call a {type(function).__name__}")
        match (str(function), *arguments):
            case ("_reconstruct", _Name("ndarray"), (0,), b"b" | "b"):
                result: Any = _Unbuilt(code=None, value=None)
            case ("dtype", str(code), _, _) if _PLAIN_DTYPE.fullmatch(code):
                result = _Unbuilt(code=code, value=None)
            case ("dtype", str(code), *_):
                raise DataError(f"it wants an array of {code[:20]!r}, which is not plain numbers or text")
            case ("scalar", np.dtype() as dtype, data):
                result = self.array(dtype, (), data).item()
            case ("_frombuffer", data, np.dtype() as dtype, shape, "C" | "F" as order, *_):
                result = self.array(dtype, shape, data, order)
            case ("_frombuffer", data, np.dtype() as dtype, shape, "K", tuple(axes)):  # NumPy 2.3
                result = self.array(dtype, shape, data).transpose(axes)
            case ("encode", str(text), "latin1" | "latin-1"):
                self.allocate(len(text))
                result = text.encode("latin-1")
            case ("set" | "frozenset", list(items)):
                self.allocate(_CONTAINER + 32 * len(items))
                self.check_keys(items)
                result = set(items) if function == "set" else frozenset(items)
            case ("bytes" | "OrderedDict",):
                result = b"" if function == "bytes" else {}
            case _:
                raise DataError(f"it wants {function} of ({', '.join(type(item).__name__ for item in arguments[:5])})")
        self.stack.append(result)

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is not _Unbuilt:
            raise DataError(f"it wants to change a {type(target).__name__}")
        match target.code, state:
            case str(code), (3, "<" | ">" | "|" | "=" as order, None, None, None, int(size), int(), 0 | 8):
                target.value = dtype = np.dtype(order + code)
                if size not in (-1, dtype.itemsize):
                    raise ValueError(f"items of {dtype} have {dtype.itemsize} bytes, found {size}")
            case None, (1, shape, np.dtype() as dtype, bool() | 0 | 1 as fortran, data):
                target.value = self.array(dtype, shape, data, "F" if fortran else "C")
            case _:
                raise DataError("it wants an array whose description is not that of plain numbers or text")
        self.stack[-1] = target.value

    def array(self, dtype: np.dtype, shape: Any, data: Any, order: Literal["C", "F"] = "C") -> np.ndarray:
        array = array_from_bytes(data.encode("latin-1") if type(data) is str else data, dtype, shape, order)
        self.allocate(array.nbytes)
        return array

    def allocate(self, size: int) -> None:
        self.allocated += size
        if self.allocated > self.limit:
            raise DataError(f"it needs {self.allocated} bytes of memory, at most {self.limit}: refused as a bomb")

    def check_keys(self, keys: list[Any]) -> None:
        for key in keys:  # larger integers can share one hash, and a dict of many would take hours
            if type(key) not in _KEYS or (type(key) is int and abs(key) > 2**61 - 2):
                raise DataError(f"it wants a {type(key).__name__} as the key of a dict or in a set")


def _check_tree(value: Any) -> None:
    """Check that all values are plain, level by level; a part that a level shares is checked once."""
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        for item in level:
            if isinstance(item, (_Name, np.dtype, _Unbuilt)):
                raise DataError(f"it wants {_STAND_INS.get(type(item), 'a dtype')} as a value")
            if type(item) is str and not item.isascii():
                item.encode()  # fails at a lone surrogate, which could not be written again
        containers = {id(item): item for item in level if type(item) in (dict, list, tuple, set, frozenset)}.values()
        if not containers:
            return
        level = [item for each in containers for item in ((*each, *each.values()) if type(each) is dict else each)]
    raise DataError(f"it nests more than {_MAX_DEPTH} containers, or one contains itself")


def _action(code: int) -> Callable[[_Unpickler], None]:
    """Return the method that carries out an instruction, behind its checks."""
    name = next((known.name for known in pickletools.opcodes if known.code == chr(code)), f"0x{code:02x}")
    size, keys = _CONTAINER if _ALLOCATING.fullmatch(name) else 0, _KEYS_ON_STACK.get(name, slice(0))
    act = None if _REFUSED.fullmatch(name) else getattr(_Unpickler, _PythonUnpickler.dispatch[code].__name__)

    def check(unpickler: _Unpickler) -> None:
        if act is None:
            raise DataError(f"it wants the instruction {name}")
        unpickler.allocate(size)
        unpickler.check_keys(unpickler.stack[keys])
        act(unpickler)

    return check


_STAND_INS = {_Name: "a class", _Unbuilt: "an array without content"}
_Unpickler.dispatch = {code: _action(code) for code in range(256)}
