"""Text files of PKU-MMD beside the skeletons: labels of a recording, and the recordings of a split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skgraph.datasets.formats.pku.published import ACTIONS
from skgraph.datasets.formats.text_file import read_lines
from skgraph.errors import ConfigError, DataError

INDEXINGS = ("one_based", "zero_based")


def read_labels(path: Path, label_indexing: str) -> np.ndarray:
    """Return the labels of a recording as rows of label from 0, first frame and frame after the last, `[S, 3]` int64.

    A line is `label,start,end,confidence`, the label from 1. The dataset does not say how frames are counted:

    - `one_based`: frames `start` to `end` from 1, both included (as AimCLR reads them);
    - `zero_based`: frames `start` to `end - 1` from 0 (as MAMP, CMD and PCM3 do), one frame later and one fewer.

    Raises:
        ConfigError: `label_indexing` is neither.
        DataError: the file cannot be read, or a line is not of this form.
    """
    if label_indexing not in INDEXINGS:
        raise ConfigError(f"label_indexing must be one of {', '.join(INDEXINGS)}, found '{label_indexing}'")
    rows = []
    for number, line in read_lines(path):
        if not line:
            continue
        words = line.replace(",", " ").split()
        try:
            label, start, end = (int(word) for word in words[:3])
            if len(words) not in (3, 4) or not 1 <= label <= len(ACTIONS) or not 0 <= start < end < 2**40:
                raise ValueError
        except ValueError:
            raise DataError(
                f"'{path}', line {number}: expected label,start,end,confidence with a label of 1 to {len(ACTIONS)} and "
                f"a start before the end, found '{line[:60]}'"
            ) from None
        rows.append((label - 1, max(start - 1, 0) if label_indexing == "one_based" else start, end))
    if not rows:
        raise DataError(f"'{path}' has no label: expected lines of label,start,end,confidence")
    return np.array(rows, np.int64)


def read_split(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the recordings that train and of those that validate: lines 2 and 4 of a split file.

    Raises:
        DataError: the file cannot be read, has another form, or a name is on both sides.
    """
    lines = [line for _, line in read_lines(path) if line]
    if len(lines) != 4 or "," in lines[0] + lines[2]:
        raise DataError(
            f"'{path}': expected four lines, the second with the recordings that train and the fourth with those that "
            f"validate, found {len(lines)}"
        )
    train, test = (frozenset(filter(None, (name.strip() for name in line.split(",")))) for line in (lines[1], lines[3]))
    if both := sorted(train & test):
        raise DataError(f"'{path}' has {len(both)} recordings on both sides, '{both[0]}' first")
    return train, test
