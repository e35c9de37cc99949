"""What the names of NTU RGB+D's clips, such as S001C002P003R002A013, tell of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skgraph.datasets.formats.ntu.actions import ACTIONS
from skgraph.errors import DataError

_NAME = re.compile(r"S([0-9]{3})C([0-9]{3})P([0-9]{3})R([0-9]{3})A([0-9]{3})")
# Class names are made for all labels up to the largest, so that a damaged label must not be a thousand million.
MAX_CLASSES = 10_000


class ClipName(NamedTuple):
    """What the name of a recording says, such as `S001C002P003R002A013`: numbers from 1."""

    setup: int
    camera: int
    subject: int
    repetition: int
    action: int

    @classmethod
    def parse(cls, name: str) -> ClipName | None:
        """The numbers in a name, or None where it has another form."""
        match = _NAME.fullmatch(name)
        return cls(*map(int, match.groups())) if match else None


def ntu_columns(names: Sequence[str], y: np.ndarray, where: str) -> dict[str, Any]:
    """Columns of a `RawDataset` that the names of its clips give.

    Args:
        names: of the clips, [N].
        y: labels [N], integers.
        where: file or folder, for errors.

    Returns:
        `y` as int64 and `class_names`; where every clip is named as those of NTU RGB+D, also `subject`, `camera` and
        `setup` [N]. Class names are those of the actions where labels and names agree, else `0`, `1`, ...

    Raises:
        DataError: a label that is negative or not below 10,000.
    """
    outside = np.flatnonzero((y < 0) | (y >= MAX_CLASSES))
    if outside.size:
        i = outside[0]
        raise DataError(f"'{where}': clip '{names[i]}' has label {y[i]}, expected 0 to {MAX_CLASSES - 1}")
    y = y.astype(np.int64)
    classes = int(y.max(initial=0)) + 1
    parsed = [name for text in names if (name := ClipName.parse(text))]
    if not names or len(parsed) < len(names):
        return {"y": y, "class_names": [str(label) for label in range(classes)]}
    setup, camera, subject, _, action = np.array(parsed).T
    agree = bool((action == y + 1).all())
    return {
        "y": y,
        "class_names": ntu_class_names(classes) if agree else [str(label) for label in range(classes)],
        "subject": subject,
        "camera": camera,
        "setup": setup,
    }


def ntu_class_names(classes: int) -> list[str]:
    """The names of so many actions; beyond the 120 of NTU RGB+D 120 they are numbers."""
    return [*ACTIONS[:classes], *(f"A{action:03d}" for action in range(len(ACTIONS) + 1, classes + 1))]
