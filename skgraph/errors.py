"""Errors that bad input raises: one sentence each, which commands print without a traceback."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

# A damaged array or archive makes numpy, which reads headers as Python, and the libraries that unpack members raise
# almost anything.
BROKEN_ARCHIVE = (Exception,)
# Errors of PyYAML's safe loader for a damaged file or an impossible value.
BROKEN_YAML = (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError, yaml.YAMLError)

_LONGEST = 2000  # characters of a message


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message; its type where it has none.

    NumPy's advice to allow pickles is left out: no file is ever executed.
    """
    if "allow_pickle" in str(error):
        return "it is no array, or holds pickled objects, which are never loaded"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def first_three(texts: Sequence[str], separator: str = ", ") -> str:
    """List the first three texts, and count the others: ``a, b, c and 4 more``."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return separator.join(texts[:3]) + more


def printable(text: str) -> str:
    """Escape control characters, line breaks, direction marks and halves of surrogate pairs."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


class DataError(ValueError):
    """Input that cannot be used: the message names what was expected, what was found and where.

    The message is one printable line: control characters are escaped, and the middle of a very long message is cut.
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
    """An encoder or an objective that breaks its contract."""
