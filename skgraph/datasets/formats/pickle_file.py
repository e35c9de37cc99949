"""Pickles of arrays and plain containers, read without running anything that the file names."""

from __future__ import annotations

import math
import mmap
import os
import pickle
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.text_file import is_valid_unicode
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line

_SIZE_LIMIT = 2**35  # bytes: some ten times the joints of NTU RGB+D 120 as float32
# Bytes of memory that any file may make; 25 more for each of its own. A container counts as 100: one byte of a crafted
# file makes a set of 216, real files make a container of eight bytes or more.
_ALWAYS, _CONTAINER = 100_000_000, 100
_MAX_DEPTH = 100
_CONTAINERS = (dict, list, tuple, set, frozenset)
_KEYS = {str, bytes, int, float, bool, type(None)}  # nested tuples may take for ever to hash
_PLAIN = {*_CONTAINERS, *_KEYS, np.ndarray}
_LARGEST_KEY = 2**61 - 2  # larger integers can share one hash, and a dict of many of them would take hours
_PLAIN_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|[US][1-9][0-9]{0,8}")
_NAMES = re.compile(
    r"numpy\.(ndarray|dtype)|numpy\._?core\.(multiarray\.(_reconstruct|scalar)|numeric\._frombuffer)|_codecs\.encode"
    r"|collections\.OrderedDict|(__builtin__|builtins)\.(bytes|set|frozenset)"
)

# Instructions that call or look up something, that make or keep something, and those with keys at these places of the
# stack.
_REFUSED = set("PERSID BINPERSID EXT1 EXT2 EXT4 INST OBJ NEWOBJ NEWOBJ_EX NEXT_BUFFER READONLY_BUFFER".split())
_COUNTED = set(
    "TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST LIST EMPTY_DICT DICT EMPTY_SET FROZENSET REDUCE MARK PUT BINPUT LONG_BINPUT "
    "MEMOIZE".split()
)
_KEYED = {
    "SETITEM": slice(-2, -1),
    **dict.fromkeys(("SETITEMS", "DICT"), slice(None, None, 2)),
    **dict.fromkeys(("ADDITEMS", "FROZENSET"), slice(None)),
}


def read_pickle(path: str | Path) -> Any:
    """Read a pickle that holds NumPy arrays and plain containers, and refuse every other.

    Functions and classes that the file names are never looked up: a short list of names (`numpy.ndarray`,
    `numpy.dtype` and what arrays, their scalars, sets and ordered dicts are written with) stands for code of this
    module, which checks shape, type and size of an array before it makes one. Classes, extension codes and persistent
    ids are refused. Memory is bounded by a multiple of the file's size.

    Protocols 0 to 5 are read, written by NumPy 1 or 2. 8-bit texts of Python 2 are read as Latin-1.

    Returns:
        A tree of dict, list, tuple, set, frozenset, str, bytes, int, float, bool, None and read-only arrays of kind
        `b`, `i`, `u`, `f`, `U` and `S` in native byte order. Scalars of NumPy become those of Python, bytearrays bytes.

    Raises:
        DataError: the file is missing, too large, damaged or truncated, or asks for anything else.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected a pickle")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not 0 < size <= _SIZE_LIMIT:
                raise DataError(f"it has {size} bytes, expected 1 to {_SIZE_LIMIT}")
            # A map never allocates what a damaged length asks for.
            with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
                return _load(content, size)
    except DataError as error:
        raise DataError(f"'{path}' is not a pickle of arrays and plain containers: {error}") from error
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error


def describe(value: Any) -> str:
    """Describe a value of a pickle in a few words, however large it is."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {list(value.shape)}"
    if isinstance(value, _CONTAINERS):
        return f"a {type(value).__name__} of {len(value)}"
    if type(value) is int and abs(value) >= 10**18:
        return "a huge whole number"
    return repr(value[:40] if isinstance(value, (str, bytes)) else value)


def _load(content: Any, size: int) -> Any:
    """Read the pickle in a file-like object, which has no byte more."""
    try:
        unpickler = _Unpickler(content, size)
        value = unpickler.load()
        unpickler.check_tree(value)
    except DataError:
        raise
    except (*BROKEN_ARCHIVE, pickle.UnpicklingError) as error:
        problem = "it is cut off" if isinstance(error, EOFError) else first_line(error)
        raise DataError(f"byte {content.tell()}: {problem}") from error
    if rest := size - content.tell():
        raise DataError(f"{rest} bytes follow its end")
    return value


@dataclass(frozen=True)
class _Name:
    """A stand-in for a function or class that a pickle names."""

    name: str


@dataclass(eq=False)
class _DType:
    """A stand-in for a dtype, which has its byte order after the instruction BUILD."""

    code: str
    dtype: np.dtype | None = None


@dataclass(eq=False)
class _Array:
    """A stand-in for an array, which has its content after the instruction BUILD."""

    value: np.ndarray | None = None


class _Memo(dict):
    """Values that a pickle uses again, by number; a finished array takes the place of its stand-in."""

    def __setitem__(self, number: int, value: Any) -> None:
        if not 0 <= number < 2**32:
            raise ValueError(f"the memo is numbered 0 to {2**32 - 1}, found {number}")
        super().__setitem__(number, value)

    def __getitem__(self, number: int) -> Any:
        value = super().__getitem__(number)
        return value.value if type(value) is _Array and value.value is not None else value


class _Unpickler(pickle._Unpickler):
    """Python's unpickler with fewer instructions, and stand-ins for all that it could call.

    The implementation in C could not be kept from hashing crafted keys, from a huge memo and from extension codes.
    """

    def __init__(self, content: Any, size: int) -> None:
        super().__init__(content, encoding="latin1")
        self.size = size
        self.memo = _Memo()
        self.made = 0
        self.heights: dict[int, int] = {}  # of containers that are checked, by identity

    def find_class(self, module: str, name: str) -> _Name:
        if not _NAMES.fullmatch(f"{module}.{name}"):
            raise DataError(f"it wants {module}.{name}"[:80])
        return _Name(name.rpartition(".")[2])

    load_bytearray8 = pickle._Unpickler.load_binbytes8  # which allocates no more than there is

    def load_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not _Name or type(arguments) is not tuple:
            raise DataError(f"it wants to call a {type(function).__name__}")
        self.stack.append(self.call(function.name, arguments))

    def call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Do what a function of NumPy or Python would, where its arguments are as expected."""
        match (name, *arguments):
            case ("_reconstruct", _Name("ndarray"), (0,), b"b" | "b"):
                return _Array()
            case ("dtype", str(code), _, _) if _PLAIN_DTYPE.fullmatch(code):
                return _DType(code)
            case ("dtype", str(code), *_):
                raise DataError(f"it wants an array of {code[:20]!r}, which is not plain numbers or text")
            case ("scalar", _DType() as kind, data):
                return self.array(kind, (), data).item()
            case ("_frombuffer", data, _DType() as kind, shape, "C" | "F" as order, *_):
                return self.array(kind, shape, data, order)
            case ("_frombuffer", data, _DType() as kind, shape, "K", tuple(axes)):
                return self.array(kind, shape, data).transpose(axes)
            case ("encode", str(text), "latin1" | "latin-1"):
                self.make(len(text))
                return text.encode("latin-1")
            case ("bytes",):
                return b""
            case ("set" | "frozenset", list(items)):
                self.make(_CONTAINER + 32 * len(items))
                self.check_keys(items)
                return set(items) if name == "set" else frozenset(items)
            case ("OrderedDict",):
                return {}
        raise DataError(f"it wants {name} of ({', '.join(type(argument).__name__ for argument in arguments[:5])})")

    def load_build(self) -> None:
        state = self.stack.pop()
        match self.stack[-1], state:
            case _DType() as kind, (3, "<" | ">" | "|" | "=" as order, None, None, None, int(size), int(), 0 | 8):
                kind.dtype = np.dtype(order + kind.code)
                if size not in (-1, kind.dtype.itemsize):
                    raise ValueError(f"items of {kind.dtype} have {kind.dtype.itemsize} bytes, found {size}")
            case _Array(None) as array, (1, shape, _DType() as kind, bool() | 0 | 1 as fortran, data):
                self.stack[-1] = array.value = self.array(kind, shape, data, "F" if fortran else "C")
            case ((_DType() | _Array()), _):
                raise DataError("it wants an array whose description is not that of plain numbers or text")
            case target, _:
                raise DataError(f"it wants to change a {type(target).__name__}")

    def array(self, kind: _DType, shape: Any, data: Any, order: str = "C") -> np.ndarray:
        """Make a read-only array of plain numbers or text from all of some bytes."""
        if type(data) not in (bytes, str) or type(shape) is not tuple or len(shape) > 32:
            raise ValueError(f"an array of a {type(shape).__name__} and a {type(data).__name__}")
        if not all(type(n) is int and 0 <= n < 2**48 for n in shape):
            raise ValueError("the shape of an array must be whole numbers, 0 or more")
        self.make(len(data))
        data = data.encode("latin-1") if type(data) is str else data
        if (dtype := kind.dtype) is None:
            raise ValueError("an array of a type without byte order")
        if math.prod(shape) * dtype.itemsize != len(data):
            raise ValueError(f"an array of {dtype} {list(shape)} has {len(data)} bytes")
        if dtype.kind == "b" and max(data, default=0) > 1:
            raise ValueError("an array of bool holds neither 0 nor 1")
        array = (np.frombuffer(data, dtype) if data else np.zeros(0, dtype)).reshape(shape, order=order)
        if dtype.kind == "U" and not is_valid_unicode(array):
            raise ValueError("an array of text holds what is not a character")
        array = array.astype(dtype.newbyteorder("="), copy=False)
        array.flags.writeable = False
        return array

    def make(self, size: int) -> None:
        """Count bytes of memory that are about to be taken."""
        self.made += size
        if self.made > _ALWAYS + 25 * self.size:
            raise DataError(f"it makes {self.made} bytes of {self.size}: refused as a bomb")

    def check_keys(self, keys: list[Any]) -> None:
        for key in keys:
            if type(key) not in _KEYS or (type(key) is int and abs(key) > _LARGEST_KEY):
                raise DataError(f"it wants a {type(key).__name__} as the key of a dict or in a set")

    def check_tree(self, value: Any, depth: int = 0) -> int:
        """Return how deep containers are nested in a value, all of which must be plain."""
        kind = type(value)
        if kind not in _PLAIN:
            what = {_Name: "a class", _DType: "a dtype", _Array: "an array without content"}[kind]
            raise DataError(f"it wants {what} as a value")
        if kind is str and not value.isascii():
            value.encode()  # fails at a lone surrogate, which could not be written again
        if kind not in _CONTAINERS:
            return 0
        height = self.heights.get(id(value))
        if height is None and depth < _MAX_DEPTH:
            items = (*value, *value.values()) if kind is dict else value
            height = 1 + max((self.check_tree(item, depth + 1) for item in items), default=0)
        if height is None or depth + height > _MAX_DEPTH:
            raise DataError(f"it nests more than {_MAX_DEPTH} containers, or one contains itself")
        self.heights[id(value)] = height
        return height


def _action(code: int) -> Callable[[_Unpickler], None]:
    """Return the function that carries out an instruction after the checks that it needs, or refuses it."""
    known = pickletools.code2op.get(chr(code))
    name = known.name if known else f"0x{code:02x}"

    def refuse(unpickler: _Unpickler) -> None:
        raise DataError(f"it wants the instruction {name}")

    def check(unpickler: _Unpickler) -> None:
        if name in _COUNTED:
            unpickler.make(_CONTAINER)
        if name in _KEYED:
            unpickler.check_keys(unpickler.stack[_KEYED[name]])
        act(unpickler)

    if known is None or known.proto > 5 or name in _REFUSED:
        return refuse
    act = getattr(_Unpickler, pickle._Unpickler.dispatch[code].__name__)
    return check if name in _COUNTED or name in _KEYED else act


_Unpickler.dispatch = {code: _action(code) for code in range(256)}
