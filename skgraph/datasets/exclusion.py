"""Reasons why a clip of the source is left out of the store.

A reader or preset gives one to :meth:`RawClip.left_out`; `write_store` adds `nobody_there`. Each is the reason in the
store's `excluded.csv` and in the overview that `prepare` prints, which counts the clips of a reason. What follows a
colon is about a single clip and is not counted apart.
"""

from __future__ import annotations

import numpy as np

NO_FRAMES = "no frames"
NOBODY = "nobody in any frame"
NOBODY_DETECTED = "nobody in it"
NOBODY_LONG_ENOUGH = "no body in 12 frames"
ALL_ZERO = "all zero"
LISTED_AS_MISSING = "in the list of missing skeletons"
NO_SKELETON = "no skeleton (has_skeleton is false)"
DAMAGED = "damaged: "


def nobody_there(frame_mask: np.ndarray) -> str:
    """Return why a clip with `frame_mask [M, T]` cannot be stored, "" if a body is there in some frame."""
    if frame_mask.any():
        return ""
    return ALL_ZERO if frame_mask.size else NO_FRAMES


def split_reason(reason: str) -> tuple[str, str]:
    """Divide a reason into what is counted and the detail of one clip, "" where there is none."""
    kind, _, detail = reason.partition(": ")
    return kind, detail
