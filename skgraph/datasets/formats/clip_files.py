"""The files of a published dataset, whose names say what is in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.folder_files import folder_files
from skgraph.errors import DataError, first_three


def clip_files(
    folder: Path, suffix: str, pattern: str, example: str, known: Mapping[str, Collection[int]]
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Find the clips of a folder, sorted by name, and read the numbers in their names.

    Args:
        folder: the clips; files with another suffix do not count.
        suffix: of a clip's file, such as ``.json``.
        pattern: regular expression of a whole name without the suffix, whose named groups are numbers of a few digits.
        example: name of a file, for errors.
        known: the numbers that the dataset has, by group; a group that is not listed may be any number.

    Returns:
        Names without the suffix [N], and the numbers int64 [N] by group.

    Raises:
        DataError: no such folder, no clip in it, or a name that is not of this dataset.
    """
    if not folder.is_dir():
        raise DataError(f"no folder at '{folder}': expected one with files such as {example}")
    names = sorted(path.name.removesuffix(suffix) for path in folder_files(folder, suffix))
    if not names:
        raise DataError(f"no {suffix} file in '{folder}': expected files such as {example}")
    found = [re.fullmatch(pattern, name, re.ASCII) for name in names]
    if strange := [name + suffix for name, match in zip(names, found, strict=True) if match is None]:
        raise DataError(f"{len(strange)} files of '{folder}' are not named like {example}: {first_three(strange)}")
    numbers = {
        group: np.array([int(match[group]) for match in found if match], np.int64)
        for group in re.compile(pattern).groupindex
    }
    for group, allowed in known.items():
        outside = np.flatnonzero(~np.isin(numbers[group], list(allowed)))
        if len(outside):
            i = outside[0]
            raise DataError(
                f"'{folder / names[i]}{suffix}' is of {group} {numbers[group][i]}, expected one of "
                f"{', '.join(map(str, allowed))} ({len(outside)} such files)"
            )
    return names, numbers
