"""NTU RGB+D 60 and 120 as published: names of recordings, actions, splits and numbers of clips.

Shahroudy et al., CVPR 2016, and Liu et al., TPAMI 2019.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skgraph.datasets.formats.text_file import describe
from skgraph.datasets.raw_dataset import Split
from skgraph.errors import ConfigError, DataError

MAX_CLASSES = 10_000
"""Largest number of classes, since every label up to the largest gets a class name."""

# A001 to A120; the first 60 are those of NTU RGB+D 60. A050 to A060 and A106 to A120 are of two people.
ACTIONS = tuple(
    name.strip()
    for name in """
    drink water, eat meal, brush teeth, brush hair, drop, pick up, throw, sit down, stand up, clapping, reading,
    writing, tear up paper, put on jacket, take off jacket, put on a shoe, take off a shoe, put on glasses,
    take off glasses, put on a hat or cap, take off a hat or cap, cheer up, hand waving, kicking something,
    reach into pocket, hopping, jump up, phone call, play with phone or tablet, type on a keyboard,
    point to something, taking a selfie, check time, rub two hands, nod head or bow, shake head, wipe face, salute,
    put palms together, cross hands in front, sneeze or cough, staggering, falling down, headache, chest pain,
    back pain, neck pain, nausea or vomiting, fan self, punch or slap, kicking, pushing, pat on back, point finger,
    hugging, giving object, touch pocket, shaking hands, walking towards, walking apart, put on headphone,
    take off headphone, shoot at basket, bounce ball, tennis bat swing, juggle table tennis ball, hush, flick hair,
    thumb up, thumb down, make OK sign, make victory sign, staple book, counting money, cutting nails,
    cutting paper, snap fingers, open bottle, sniff or smell, squat down, toss a coin, fold paper, ball up paper,
    play magic cube, apply cream on face, apply cream on hand, put on bag, take off bag, put object into bag,
    take object out of bag, open a box, move heavy objects, shake fist, throw up cap or hat, capitulate, cross arms,
    arm circles, arm swings, run on the spot, butt kicks, cross toe touch, side kick, yawn, stretch oneself,
    blow nose, hit with object, wield knife, knock over, grab stuff, shoot with gun, step on foot, high-five,
    cheers and drink, carry object, take a photo, follow, whisper, exchange things, support somebody,
    rock-paper-scissors
    """.split(",")
)

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
    """NTU RGB+D 60 or 120.

    Args:
        actions: number of classes, the first of `ACTIONS`.
        setups: number of setups.
        recordings: number of files in the archives.
        missing: number of recordings that the authors list as having missing or incomplete skeletons.
        split_sizes: training and test clips of each split, without the missing ones.
    """

    actions: int
    setups: int
    recordings: int
    missing: int
    split_sizes: dict[str, tuple[int, int]]

    def holds(self, clip: ClipName) -> bool:
        """Return whether a recording belongs to the release."""
        return clip.action <= self.actions and clip.setup <= self.setups

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


def release(number: int) -> Release:
    """Return NTU RGB+D 60 or 120.

    Raises:
        ConfigError: another number.
    """
    if number not in RELEASES:
        raise ConfigError(f"NTU RGB+D is 60 or 120, found {number}")
    return RELEASES[number]


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
    return [*ACTIONS[:classes], *(f"A{action:03d}" for action in range(len(ACTIONS) + 1, classes + 1))]
