"""A frame of landmarks, and the names that files give to frames and landmarks."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skgraph.errors import DataError

FRAME_NUMBERS = ("frame", "frameindex", "frameid", "framenumber", "frameidx", "framenum")
"""Plain names of the number of a frame."""


class Frame(NamedTuple):
    """The people in a frame, each `[V, 4]` float64: x, y, z and visibility, NaN where the file has none."""

    number: int
    people: list[np.ndarray]


def plain(name: str) -> str:
    """Return the letters and digits of a name in lower case.

    >>> plain("LEFT_EYE_INNER"), plain("leftEyeInner"), plain("Frame Index")
    ('lefteyeinner', 'lefteyeinner', 'frameindex')
    """
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def joint_indices(names: Sequence[str], joints: Sequence[str]) -> list[int]:
    """Return the indices of joints, given their names in any spelling or their numbers; -1 for a name of none.

    Numbers count from 0; they count from 1 if one of them is V and none is 0.

    >>> joint_indices(["LEFT_HIP", "0", "left_hand"], ["nose", "left_hip"])
    [1, 0, -1]
    """
    keys = [plain(name) for name in names]
    first = 1 if str(len(joints)) in keys and "0" not in keys else 0
    index = _index(tuple(joints), first)
    return [index.get(key, -1) for key in keys]


@functools.lru_cache
def _index(joints: tuple[str, ...], first: int) -> dict[str, int]:
    return {plain(joint): v for v, joint in enumerate(joints)} | {str(v + first): v for v in range(len(joints))}


class OtherSpaceError(DataError):
    """Landmarks are in the image where those in the world are asked for, or the reverse."""


def other_space(world: bool, what: str) -> OtherSpaceError:
    """Return the error of a file or a frame that lacks the landmarks that are asked for, in the world or the image."""
    has, say = ("image", "false") if world else ("world", "true")
    return OtherSpaceError(f"{what} has {has} landmarks only: say world={say}")
