"""Reasons to leave a clip out of a store, for its `excluded.csv` and the overview that `prepare` prints.

The overview counts the clips of each reason up to its first colon; the rest is about a single clip.
"""

NO_FRAMES = "no frames"
NOBODY = "nobody in any frame"
NOBODY_DETECTED = "nobody in it"
NOBODY_LONG_ENOUGH = "no body in 12 frames"
ALL_ZERO = "all zero"
LISTED_AS_MISSING = "in the list of missing skeletons"
NO_SKELETON = "no skeleton (has_skeleton is false)"
DAMAGED = "damaged: "
