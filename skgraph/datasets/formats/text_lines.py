"""Lines of a text file, one at a time, whatever the file really is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from skgraph.datasets.formats.folder_files import check_file
from skgraph.errors import DataError

_LONGEST = 2**20


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file in UTF-8, numbered from 1, without the white space around them.

    Memory holds a line at a time, and a file that is no text cannot pass for one endless line.

    Raises:
        DataError: the file cannot be read, is not UTF-8, or has a line of more than 1,048,576 characters.
    """
    if path.exists() and not path.is_dir():
        check_file(path)  # a pipe would never end
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number in count(1):
                line = file.readline(_LONGEST + 1)
                if not line:
                    return
                if len(line) > _LONGEST:
                    raise DataError(f"'{path}', line {number}: longer than {_LONGEST} characters, expected a text file")
                yield number, line.strip()
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}' is not a text file in UTF-8: {error}") from error
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error}") from error
