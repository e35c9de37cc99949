"""The errors that bad input raises: one clear sentence each, printed by the commands without a traceback."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence

import yaml

# What numpy raises for an array or an archive that is damaged somewhere: headers are read as Python expressions, and
# members of archives are unpacked by several libraries.
BROKEN_ARCHIVE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    SyntaxError,
    SystemError,
    tokenize.TokenError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
# What PyYAML's safe loader raises for a file that is damaged, or whose values cannot be.
BROKEN_YAML = (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError, yaml.YAMLError)


_LONGEST = 2000  # characters of a message


def first_line(error: BaseException) -> str:
    """What somebody else's error says, in one line; its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def first_three(texts: Sequence[str], separator: str = ", ") -> str:
    """The first three of some texts and the number of the others: ``a, b, c and 4 more``."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return separator.join(texts[:3]) + more


def printable(text: str) -> str:
    """A text in one line that a terminal shows and does not obey: what is no letter is escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


class DataError(ValueError):
    """Input that cannot be used: says what was expected, what was found and where.

    It says so in one line that can be printed, whatever names and words of a file the message quotes: what is no letter
    is escaped, and the middle of a message that nobody would read is left out.
    """

    def __str__(self) -> str:
        text = printable(super().__str__())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


class TopologyError(DataError):
    """A topology file or mapping that is not a skeleton: see :class:`skgraph.topology.Topology`."""


class StoreError(DataError):
    """A prepared dataset on disk that is missing, incomplete or inconsistent."""


class CheckpointError(DataError):
    """A checkpoint that is corrupt or belongs to another configuration."""


class ConfigError(DataError):
    """A configuration value that is unknown or cannot be combined with the others."""


class ContractError(DataError):
    """An encoder or an objective that does not keep its contract."""
