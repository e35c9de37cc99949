"""What the names of NTU RGB+D's clips, such as S001C002P003R002A013, tell of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from skgraph.errors import DataError

_NAME = re.compile(r"S([0-9]{3})C([0-9]{3})P([0-9]{3})R[0-9]{3}A([0-9]{3})")
# Class names are made for all labels up to the largest, so that a damaged label must not be a thousand million.
MAX_CLASSES = 10_000


def ntu_columns(names: Sequence[str], y: np.ndarray, where: str) -> dict[str, Any]:
    """Columns of a `RawDataset` that the names of its clips give.

    Args:
        names: of the clips, [N].
        y: labels [N], integers.
        where: file or folder, for errors.

    Returns:
        `y` as int64 and `class_names`; where every clip is named as those of NTU RGB+D, also `subject`, `camera` and
        `setup` [N]. Class names are `A001`, `A002`, ... where labels and names agree, else the numbers `0`, `1`, ...

    Raises:
        DataError: a label that is negative or not below 10,000.
    """
    outside = np.flatnonzero((y < 0) | (y >= MAX_CLASSES))
    if outside.size:
        i = outside[0]
        raise DataError(f"'{where}': clip '{names[i]}' has label {y[i]}, expected 0 to {MAX_CLASSES - 1}")
    y = y.astype(np.int64)
    classes = int(y.max(initial=0)) + 1
    matches = [match for name in names if (match := _NAME.fullmatch(name))]
    if not names or len(matches) < len(names):
        return {"y": y, "class_names": [str(label) for label in range(classes)]}
    setup, camera, subject, action = np.array([match.groups() for match in matches]).astype(np.int64).T
    agree = bool((action == y + 1).all())
    return {
        "y": y, "class_names": ntu_class_names(classes) if agree else [str(label) for label in range(classes)],
        "subject": subject, "camera": camera, "setup": setup,
    }  # fmt: skip


def ntu_class_names(classes: int) -> list[str]:
    """`A001`, `A002`, ..., as NTU RGB+D numbers its actions."""
    return [f"A{action:03d}" for action in range(1, classes + 1)]
