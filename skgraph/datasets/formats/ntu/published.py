"""NTU RGB+D 60 and 120 as published: names of recordings, actions, splits and numbers of clips.

Shahroudy et al., CVPR 2016, and Liu et al., TPAMI 2019.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skgraph.datasets.formats.action_names import action_names
from skgraph.datasets.formats.text_file import describe
from skgraph.datasets.raw_dataset import Split
from skgraph.errors import DataError

MAX_CLASSES = 10_000
"""Largest number of classes, since every label up to the largest gets a class name."""

_NAME = re.compile(r"S([0-9]{3})C([0-9]{3})P([0-9]{3})R([0-9]{3})A([0-9]{3})")
_TRAIN_SUBJECTS_60 = (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38)
_TRAIN_SUBJECTS_120 = (
    *_TRAIN_SUBJECTS_60,
    *(45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78),
    *(80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93, 94, 95, 97, 98, 100, 103),
)
_TRAIN_CAMERAS = (2, 3)


class ClipName(NamedTuple):
    """The numbers in the name of a recording, such as `S001C002P003R002A013`, all from 1."""

    setup: int
    camera: int
    subject: int
    repetition: int
    action: int

    @classmethod
    def parse(cls, name: str) -> ClipName | None:
        """Return the numbers in a name, or None where it has another form."""
        match = _NAME.fullmatch(name)
        return cls(*map(int, match.groups())) if match else None


@dataclass(frozen=True)
class Release:
    """Numbers of actions, setups and files of NTU RGB+D 60 or 120."""

    actions: int
    setups: int
    recordings: int  # in the archives
    missing: int  # recordings that the authors list as having missing or incomplete skeletons
    split_sizes: dict[str, tuple[int, int]]  # training and test clips of each split, without the missing ones

    def holds(self, name: str) -> bool:
        """Return whether a file of this name, without its suffix, is a recording of the release."""
        clip = ClipName.parse(name)
        return clip is not None and clip.action <= self.actions and clip.setup <= self.setups

    def splits(self, clips: list[ClipName]) -> list[Split]:
        """Divide recordings as published."""
        setup, camera, subject = np.array([clip[:3] for clip in clips]).T
        train_subjects = _TRAIN_SUBJECTS_60 if self.actions == 60 else _TRAIN_SUBJECTS_120
        splits = {
            "xsub": (np.isin(subject, train_subjects), f"the {len(train_subjects)} published subjects train"),
            "xview": (np.isin(camera, _TRAIN_CAMERAS), "cameras 2 and 3 train, 1 tests"),
            "xset": (setup % 2 == 0, "even setups train"),
        }
        return [Split(name, *splits[name]) for name in self.split_sizes]


# Sizes of splits as every published pipeline counts them.
RELEASES = {
    60: Release(60, 17, 56_880, 302, {"xsub": (40_091, 16_487), "xview": (37_646, 18_932)}),
    120: Release(120, 32, 114_480, 535, {"xsub": (63_026, 50_919), "xset": (54_468, 59_477)}),
}


def ntu_columns(names: Sequence[str], y: Sequence[int] | np.ndarray, where: str) -> dict[str, Any]:
    """Return the columns of a `RawDataset` that follow from clip names and labels.

    Args:
        names: names of the clips, [N].
        y: labels [N], integers of any size.
        where: file or folder, for errors.

    Returns:
        `y` as int64 and `class_names`; if every clip has a name of NTU RGB+D, also `subject`, `camera` and `setup` [N].
        Class names are the actions if labels and names agree, else `0`, `1`, ...

    Raises:
        DataError: a label that is negative or not below 10,000.
    """
    for name, label in zip(names, y, strict=True):
        if not 0 <= label < MAX_CLASSES:
            raise DataError(
                f"'{where}': clip '{name}' has label {describe(int(label))}, expected 0 to {MAX_CLASSES - 1}"
            )
    y = np.array(y, np.int64)
    classes = int(y.max(initial=0)) + 1
    columns: dict[str, Any] = {"y": y, "class_names": [str(label) for label in range(classes)]}
    parsed = [clip for text in names if (clip := ClipName.parse(text))]
    if not names or len(parsed) < len(names):
        return columns
    setup, camera, subject, _, action = np.array(parsed).T
    if (action == y + 1).all():
        columns["class_names"] = ntu_class_names(classes)
    return columns | {"subject": subject, "camera": camera, "setup": setup}


def ntu_class_names(classes: int) -> list[str]:
    """Return the names of the first actions, `A121`, ... beyond the 120 of NTU RGB+D 120."""
    known = action_names("ntu")
    return [*known[:classes], *(f"A{action:03d}" for action in range(len(known) + 1, classes + 1))]
