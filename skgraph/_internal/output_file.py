"""Where a command writes, checked before it begins to work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skgraph.errors import ConfigError


def output_file(key: str, value: object, suffixes: Sequence[str], source: Path | None = None) -> Path:
    """A file that can be written.

    Args:
        key: of the option, for the message.
        value: the path that somebody gave.
        suffixes: what its name may end in, such as ``.html``.
        source: what is read: the file must not lie in it, nor be it.

    Raises:
        ConfigError: another ending, a folder that does not exist, something that is no file, or a place in the source.
    """
    path = Path(str(value)).expanduser()
    if path.suffix not in suffixes or not path.absolute().parent.is_dir() or (path.exists() and not path.is_file()):
        raise ConfigError(
            f"{key} must be a file that ends in {' or '.join(suffixes)}, in a folder that exists, found '{path}'"
        )
    if source is not None and source.expanduser().resolve() in (path.resolve(), *path.resolve().parents):
        raise ConfigError(f"{key}={path} would write into the source '{source}'")
    return path
