"""Files that a user names: sources, outputs, YAML and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

from skgraph.errors import ConfigError, DataError, first_line


def one_source(value: object) -> Path:
    """Return the one path that a command line names, as a word or as a list of one, or raise a ConfigError."""
    sources = value if isinstance(value, list) else [value]
    if len(sources) != 1:
        raise ConfigError(
            f"source must be one store, file or folder, found {len(sources)}: {', '.join(map(str, sources))}"
        )
    return Path(str(sources[0])).expanduser()


def output_file(key: str, value: object, suffixes: Sequence[str], source: Path | None = None) -> Path:
    """Return the path of a file to write, checked before a command begins to work.

    Args:
        key: name of the option, for the message.
        value: the path.
        suffixes: allowed endings, such as ``.html``.
        source: input of the command; must not be or contain the file.

    Raises:
        ConfigError: another ending, a folder that does not exist, no regular file, or a path inside the source.
    """
    path = Path(str(value)).expanduser()
    if path.suffix not in suffixes or not path.absolute().parent.is_dir() or (path.exists() and not path.is_file()):
        raise ConfigError(
            f"{key} must be a file that ends in {' or '.join(suffixes)}, in a folder that exists, found '{path}'"
        )
    _check_outside(key, path, source)
    return path


def output_folder(value: object, is_replaceable: Callable[[Path], bool], what: str, source: Path | None = None) -> Path:
    """Return the path of a folder to write as ``out``, checked before a command begins to work.

    Args:
        value: the path.
        is_replaceable: whether a folder with files holds only what the command writes.
        what: name of a replaceable folder, for the message, such as ``an earlier report``.
        source: input of the command; must not be or contain the folder.

    Raises:
        ConfigError: no path, a folder that must not be replaced, or a path inside the source.
    """
    if not isinstance(value, (str, int, Path)) or value == "":
        raise ConfigError(f"out must be a folder, found '{value}'")
    path = Path(str(value)).expanduser()
    _check_outside("out", path, source)
    is_empty = path.is_dir() and not any(path.iterdir())
    if path.exists() and not is_empty and not (path.is_dir() and is_replaceable(path)):
        raise ConfigError(f"out must be a new folder, or one of {what} and nothing else, found '{path}'")
    if not path.resolve().parent.is_dir():
        raise ConfigError(f"out must be in a folder that exists, found '{path}'")
    return path


def _check_outside(key: str, path: Path, source: Path | None) -> None:
    if source is not None and source.expanduser().resolve() in (path.resolve(), *path.resolve().parents):
        raise ConfigError(f"{key}={path} would write into the source '{source}'")


class PlainLoader(yaml.SafeLoader):
    """A safe YAML loader without aliases: nested lists of aliases expand beyond any memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            problem = f"the alias *{event.anchor} (&name and *name are not supported)"
            raise ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def check_file(path: Path, error: type[DataError] = DataError) -> None:
    """Refuse a folder, and a pipe or a device, which reading would never finish."""
    if path.exists() and not path.is_file():
        raise error(f"'{path}' is a folder, a pipe or a device, expected a file")


def read_plain_yaml(path: Path, loader: type[PlainLoader] = PlainLoader) -> Any:
    """Read a YAML file in UTF-8; ``BROKEN_YAML`` is what a damaged one raises, or one with an alias."""
    check_file(path)
    return yaml.load(path.read_text(encoding="utf-8"), loader)


def read_json(path: Path, what: str, error: type[DataError] = DataError, allow_nan: bool = True) -> Any:
    """Read a JSON file in UTF-8, or raise an ``error`` with the noun ``what`` for the file.

    What could not be computed with or printed is damage too: a number of hundreds of digits, half a surrogate pair.
    """

    def whole_number(digits: str) -> int:
        if len(digits) > 18:
            raise ValueError(f"a number of {len(digits)} digits")
        return int(digits)

    check_file(path, error)
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_int=whole_number)
        json.dumps(content, ensure_ascii=False, allow_nan=allow_nan).encode()
        return content
    except (OSError, ValueError, RecursionError) as problem:
        raise error(f"the {what} '{path}' cannot be read: {first_line(problem)}") from problem
