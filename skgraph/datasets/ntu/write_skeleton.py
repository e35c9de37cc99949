"""Writes recordings in the format of NTU RGB+D's `.skeleton` files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Kinect v2's depth camera, for the columns of the image: focal length and middle in pixels.
_FOCAL, _MIDDLE_X, _MIDDLE_Y = 366.0, 258.0, 204.0


def skeleton_text(
    joints: np.ndarray, frame_mask: np.ndarray, confidence: np.ndarray | None = None, ids: Sequence[int] | None = None
) -> str:
    """A recording as the text of a `.skeleton` file.

    Positions are printed with nine digits behind the point. The columns that nothing here knows hold what a file could:
    the place in the depth image by a pinhole camera, the same in the colour image, no rotation, hands not tracked.

    Args:
        joints: `[M, T, V, 3]` metres in the sensor's coordinates.
        frame_mask: `[M, T]` bool.
        confidence: `[M, T, V]`, of which 0 is written as not tracked, less than 1 as inferred, 1 as tracked.
        ids: tracking ids of the bodies; by default made up.
    """
    bodies, frames = frame_mask.shape
    ids = [72057594037927936 + 1000 * body for body in range(bodies)] if ids is None else ids
    state = np.full(joints.shape[:3], 2) if confidence is None else np.where(confidence == 1, 2, (confidence > 0) * 1)
    lines = [str(frames)]
    for frame in range(frames):
        there = np.flatnonzero(frame_mask[:, frame])
        lines.append(str(len(there)))
        for body in there:
            lines += [f"{ids[body]} 0 0 0 0 0 0 0.0 0.0 2", str(joints.shape[2])]
            lines += [_joint(*xyz, s) for xyz, s in zip(joints[body, frame], state[body, frame], strict=True)]
    return "\n".join(lines) + "\n"


def _joint(x: float, y: float, z: float, state: int) -> str:
    depth = z if abs(z) > 1e-3 else 1e-3
    across, down = _MIDDLE_X + _FOCAL * x / depth, _MIDDLE_Y - _FOCAL * y / depth
    return f"{x:.9f} {y:.9f} {z:.9f} {across:.4f} {down:.4f} {across:.4f} {down:.4f} 0 0 0 0 {state}"
