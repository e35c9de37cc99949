"""Left and right joints, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RIGHT = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "l": "r", "L": "R"}
# A word (LeftArm), a letter of its own (L_Arm, Arm.L, Bip01 L Arm), a prefix (lfemur, LHipJoint), a suffix (ShoulderL).
_LEFT = [
    re.compile(pattern)
    for pattern in (
        r"left|Left|LEFT",
        r"(?<![^\W_])[lL](?![^\W_])",
        r"(?<![^\W_])[lL](?=[^\W\d_])",
        r"(?<=[^\W_])[lL](?![^\W_])",
    )
]


def twin_names(names: Iterable[str]) -> dict[str, str]:
    """Find the pairs of names that differ in their side alone, as ``{left: right}``.

    A side is ``left`` or ``right`` anywhere in a name, or ``l`` or ``r`` as its prefix, suffix or a word of its own,
    each also in capitals. Both names must be there: ``lowerback`` is nobody's twin.
    """
    names = list(names)
    known, taken = set(names), set()
    twins = {}
    for left in names:
        for pattern in _LEFT:
            right = pattern.sub(lambda found: _RIGHT[found[0]], left)
            if right != left and right in known and left not in taken and right not in taken:
                twins[left] = right
                taken |= {left, right}
                break
    return twins
