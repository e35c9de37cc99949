"""The stack machine that a pickle is a program of; what it may name and call is in `pickle_calls`."""

from __future__ import annotations

import pickletools
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from skgraph.datasets.formats.pickle_calls import PickleCalls
from skgraph.datasets.formats.pickled_array import PickledArray
from skgraph.errors import DataError, first_line

_MAX_MARKS = 1000
_MOST_MEMO = 2**32  # as many as four bytes number; larger ones may have the same hashes too
# How Python 2 writes the bytes of a text that are not printable.
_ESCAPE = re.compile(rb"""\\(?:x([0-9a-fA-F]{2})|([\\'"nrt])|)""")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class PickleMachine(PickleCalls):
    """The stack machine that a pickle is a program of.

    The instruction NAME is carried out by the method `do_name`; instructions without one are refused.

    Args:
        path: of the file, for messages.
        file: positioned at its start.
        size: of the file in bytes.
    """

    def __init__(self, path: Path, file: IO[bytes], size: int) -> None:
        super().__init__(path, file, size)
        self.stack: list[Any] = []  # what was made since the last mark
        self.below: list[list[Any]] = []  # the stacks under the marks
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The value that the pickle describes; whether something unfinished is in it is not known yet."""
        start = 0
        try:
            while True:
                start = self.position
                code = self.read(1)
                if code == b".":
                    break
                action = _ACTIONS.get(code)
                if action is None:
                    self.refuse_instruction(code)
                action(self)
            value = self.stack.pop()
        except DataError:
            raise
        except (IndexError, KeyError, ValueError, TypeError, OverflowError, MemoryError, struct.error) as error:
            raise DataError(f"'{self.path}' is not a sound pickle: byte {start}: {first_line(error)}") from error
        if self.position != self.size:
            raise DataError(f"'{self.path}': {self.size - self.position} bytes follow the end of the pickle")
        return value

    def refuse_instruction(self, code: bytes) -> None:
        known = pickletools.code2op.get(code.decode("latin-1"))
        if known is None:
            raise ValueError(f"no pickle has an instruction {code!r}")
        if known.name == "INST":
            self.named(self.line(), self.line())
        raise self.refused(f"the instruction {known.name}")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def make(self, value: Any) -> None:
        """Push a new container."""
        self.count()
        self.stack.append(value)

    def marked(self) -> list[Any]:
        """Take what was made since the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def top(self, kind: type) -> Any:
        """What stands on top of the stack, of one type."""
        if type(self.stack[-1]) is not kind:
            raise TypeError(f"a {kind.__name__} was expected, found a {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    def keyed(self, items: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Keys and values in turns as pairs."""
        if len(items) % 2:
            raise ValueError("a dict has a key without a value")
        return zip(self.hashable(items[::2]), items[1::2], strict=True)

    # Framing and the stack itself

    def do_proto(self) -> None:
        if (version := self.number("<B")) > 5:
            raise ValueError(f"pickle protocol {version} is unknown")

    def do_frame(self) -> None:
        self.number("<Q")  # frames only tell how much to read ahead

    def do_mark(self) -> None:
        if len(self.below) == _MAX_MARKS:
            raise DataError(f"'{self.path}' nests more than {_MAX_MARKS} containers")
        self.below.append(self.stack)
        self.stack = []

    def do_pop(self) -> None:
        self.stack.pop() if self.stack else self.marked()

    def do_pop_mark(self) -> None:
        self.marked()

    def do_dup(self) -> None:
        self.push(self.stack[-1])

    # Numbers, text and bytes

    def do_none(self) -> None:
        self.push(None)

    def do_newtrue(self) -> None:
        self.push(True)

    def do_newfalse(self) -> None:
        self.push(False)

    def do_int(self) -> None:
        data = self.line(41)
        self.push(data == b"01" if data in (b"00", b"01") else self.integer(data))

    def do_long(self) -> None:
        self.push(self.integer(self.line(42).removesuffix(b"L")))

    def do_binint(self) -> None:
        self.push(self.number("<i"))

    def do_binint1(self) -> None:
        self.push(self.number("<B"))

    def do_binint2(self) -> None:
        self.push(self.number("<H"))

    def do_long1(self) -> None:
        self._long(self.number("<B"))

    def do_long4(self) -> None:
        self._long(self.number("<i"))

    def _long(self, count: int) -> None:
        data = self.read(count)
        if count > 16:
            raise ValueError(f"a whole number has {count} bytes")
        self.push(int.from_bytes(data, "little", signed=True))

    def do_float(self) -> None:
        self.push(float(self.line(64)))

    def do_binfloat(self) -> None:
        self.push(self.number(">d"))

    def do_string(self) -> None:
        data = self.line()
        if len(data) < 2 or data[:1] not in (b"'", b'"') or data[-1:] != data[:1]:
            raise ValueError("a text without quotation marks")
        self.push(_ESCAPE.sub(_unescaped, data[1:-1]).decode("latin-1"))

    def do_binstring(self) -> None:
        self.push(self.read(self.number("<i")).decode("latin-1"))

    def do_short_binstring(self) -> None:
        self.push(self.read(self.number("<B")).decode("latin-1"))

    def do_unicode(self) -> None:
        text = self.line().decode("raw-unicode-escape")
        text.encode("utf-8")  # fails where half a character stands alone
        self.push(text)

    def do_binunicode(self) -> None:
        self.push(self.text(self.read(self.number("<I"))))

    def do_short_binunicode(self) -> None:
        self.push(self.text(self.read(self.number("<B"))))

    def do_binunicode8(self) -> None:
        self.push(self.text(self.read(self.number("<Q"))))

    def do_binbytes(self) -> None:
        self.push(self.read(self.number("<I")))

    def do_short_binbytes(self) -> None:
        self.push(self.read(self.number("<B")))

    def do_binbytes8(self) -> None:
        self.push(self.read(self.number("<Q")))

    do_bytearray8 = do_binbytes8

    def do_readonly_buffer(self) -> None:
        self.top(bytes)  # bytes are

    # Containers

    def do_empty_tuple(self) -> None:
        self.push(())

    def do_tuple(self) -> None:
        self.make(tuple(self.marked()))

    def do_tuple1(self) -> None:
        self.make((self.stack.pop(),))

    def do_tuple2(self) -> None:
        second, first = self.stack.pop(), self.stack.pop()
        self.make((first, second))

    def do_tuple3(self) -> None:
        third, second, first = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.make((first, second, third))

    def do_empty_list(self) -> None:
        self.make([])

    def do_list(self) -> None:
        self.make(self.marked())

    def do_append(self) -> None:
        item = self.stack.pop()
        self.top(list).append(item)

    def do_appends(self) -> None:
        items = self.marked()
        self.top(list).extend(items)

    def do_empty_dict(self) -> None:
        self.make({})

    def do_dict(self) -> None:
        self.make(dict(self.keyed(self.marked())))

    def do_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.top(dict).update(self.keyed([key, value]))

    def do_setitems(self) -> None:
        items = self.marked()
        self.top(dict).update(self.keyed(items))

    def do_empty_set(self) -> None:
        self.make(set())

    def do_additems(self) -> None:
        items = self.marked()
        self.top(set).update(self.hashable(items))

    def do_frozenset(self) -> None:
        self.make(frozenset(self.hashable(self.marked())))

    # The memo: what is used more than once

    def _put(self, number: int) -> None:
        if not 0 <= number < _MOST_MEMO:
            raise ValueError(f"the memo is numbered 0 to {_MOST_MEMO - 1}, found {number}")
        self.count()
        self.memo[number] = self.stack[-1]

    def _get(self, number: int) -> None:
        if number not in self.memo:
            raise ValueError(f"number {number} is used before it is made")
        value = self.memo[number]
        self.push(value.value if type(value) is PickledArray and value.value is not None else value)

    def do_put(self) -> None:
        self._put(self.integer(self.line(40)))

    def do_binput(self) -> None:
        self._put(self.number("<B"))

    def do_long_binput(self) -> None:
        self._put(self.number("<I"))

    def do_memoize(self) -> None:
        self._put(len(self.memo))

    def do_get(self) -> None:
        self._get(self.integer(self.line(40)))

    def do_binget(self) -> None:
        self._get(self.number("<B"))

    def do_long_binget(self) -> None:
        self._get(self.number("<I"))

    # What a pickle names, calls and fills in

    def do_global(self) -> None:
        self.push(self.named(self.line(), self.line()))

    def do_stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise TypeError("a name that is not a text")
        self.push(self.named(module, name))

    def do_reduce(self) -> None:
        arguments, name = self.stack.pop(), self.stack.pop()
        self.push(self.called(name, arguments))

    def do_build(self) -> None:
        state = self.stack.pop()
        self.stack[-1] = self.built(self.stack[-1], state)


_ACTIONS: dict[bytes, Callable[[PickleMachine], None]] = {
    instruction.code.encode("latin-1"): vars(PickleMachine)[f"do_{instruction.name.lower()}"]
    for instruction in pickletools.opcodes
    if f"do_{instruction.name.lower()}" in vars(PickleMachine)
}


def _unescaped(match: re.Match[bytes]) -> bytes:
    hexadecimal, letter = match.groups()
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if not letter:
        raise ValueError("a text with a backslash that means nothing")
    return _ESCAPED.get(letter, letter)
