"""The bytes of a pickle, and how much may be made of them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

from skgraph.errors import DataError

# One byte of a pickle can make a set of 216 bytes, so that containers are counted: this many, and one more for every
# four bytes of the file. Real files make one in eight bytes or fewer.
_ALWAYS = 1_000_000


class PickleFile:
    """Reads a pickle from its start to its end, and counts what is made of it.

    Args:
        path: of the file, for messages.
        file: positioned at its start.
        size: of the file in bytes.
    """

    def __init__(self, path: Path, file: IO[bytes], size: int) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.position = 0  # bytes read so far
        self.containers = 0
        self.copied = 0  # bytes of arrays and text, and members of sets

    def read(self, count: int) -> bytes:
        """The next bytes; their number is compared with the file's before memory is taken."""
        if not 0 <= count <= self.size - self.position:
            raise DataError(
                f"'{self.path}' is truncated or damaged: {count} bytes should follow byte {self.position}, and it has "
                f"{self.size} in all"
            )
        data = self.file.read(count)
        if len(data) != count:
            raise DataError(f"'{self.path}' became shorter while it was read")
        self.position += count
        return data

    def line(self, longest: int | None = None) -> bytes:
        """The text up to the next line feed."""
        data = self.file.readline() if longest is None else self.file.readline(longest + 1)
        self.position += len(data)
        if not data.endswith(b"\n"):
            raise DataError(f"'{self.path}' is truncated or damaged: a line should end at byte {self.position}")
        return data[:-1]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def count(self) -> None:
        self.containers += 1
        if self.containers > _ALWAYS + self.size // 4:
            raise DataError(f"'{self.path}' makes {self.containers} containers of {self.size} bytes: refused as a bomb")

    def copy(self, content: Any) -> Any:
        """Count what is about to be made from something on the stack, which a crafted file may do again and again."""
        self.copied += len(content) if isinstance(content, (bytes, str, list)) else 0
        # Of a file that Python writes, any byte becomes text, then bytes, then an array.
        if self.copied > _ALWAYS + 3 * self.size:
            raise DataError(f"'{self.path}' makes {self.copied} bytes of {self.size}: refused as a bomb")
        return content

    def integer(self, data: bytes) -> int:
        if len(data) > 40:
            raise ValueError(f"a whole number has {len(data)} digits")
        return int(data)

    def text(self, data: bytes) -> str:
        return data.decode("utf-8")
