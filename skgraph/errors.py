"""The errors that bad input raises: one clear sentence each, printed by the verbs without a traceback."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence

import yaml

# What numpy raises for an archive that is damaged somewhere.
BROKEN_ARCHIVE = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, KeyError, TypeError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
# What PyYAML's safe loader raises for a file that is damaged, or whose values cannot be.
BROKEN_YAML = (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError, yaml.YAMLError)


def first_line(error: BaseException) -> str:
    """What somebody else's error says, in one line; its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def first_three(texts: Sequence[str], separator: str = ", ") -> str:
    """The first three of some texts and the number of the others: ``a, b, c and 4 more``."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return separator.join(texts[:3]) + more


class DataError(ValueError):
    """Input that cannot be used: says what was expected, what was found and where."""


class TopologyError(DataError):
    """A topology file or mapping that is not a skeleton: see :class:`skgraph.Topology`."""


class StoreError(DataError):
    """A prepared dataset on disk that is missing, incomplete or inconsistent."""


class CheckpointError(DataError):
    """A checkpoint that is corrupt or belongs to another configuration."""


class ConfigError(DataError):
    """A configuration value that is unknown or cannot be combined with the others."""


class ContractError(DataError):
    """An encoder or an objective that does not keep its contract."""
