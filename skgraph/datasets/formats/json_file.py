"""Reads a JSON file that somebody else wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from skgraph.errors import DataError

SIZE_LIMIT = 256 * 2**20
"""Bytes of a file. Parsed it takes some ten times as much memory; an hour of one person takes less than half."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: Path, limit: int | None = None) -> Any:
    """What a JSON file holds (RFC 8259, in UTF-8, a byte order mark allowed), as `json.loads` gives it.

    More is refused than Python's parser refuses: `NaN` and `Infinity`, which are not JSON, and a key that an object has
    twice, of which the parser would keep the last.

    Args:
        path: the file.
        limit: bytes that it may have, by default `SIZE_LIMIT`.

    Raises:
        DataError: no such file, one that is larger, not UTF-8, not complete JSON, or nested too deep.
    """
    limit = SIZE_LIMIT if limit is None else limit
    if not path.is_file():
        problem = "is a folder, expected a JSON file" if path.is_dir() else "is not there: expected a JSON file"
        raise DataError(f"'{path}' {problem}")
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error
    if len(content) > limit:
        raise DataError(f"'{path}' has more than {limit / 2**20:g} MiB, expected one clip a file")
    try:
        text = content.decode("utf-8-sig")
        parsed = json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
        if _SURROGATE.search(text):  # half a character can be escaped, and is no text that could be written again
            json.dumps(parsed, ensure_ascii=False).encode()
        return parsed
    except UnicodeError as error:
        raise DataError(f"'{path}' is not text in UTF-8: {error}") from error
    except RecursionError as error:
        raise DataError(f"'{path}' is nested too deep to be keypoints") from error
    except ValueError as error:
        raise DataError(f"'{path}' is not a complete JSON file: {error}") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON; expected null where a value is missing")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"an object has the key '{twice[:50]}' twice")
    return content
