"""Writes recordings in the format of PKU-MMD's skeleton and label files."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skgraph.datasets.formats.pku.skeleton_file import BODIES


def pku_text(joints: np.ndarray, frame_mask: np.ndarray) -> str:
    """A recording as the text of a skeleton file, with nine digits behind the point.

    Args:
        joints: `[M, T, V, 3]` metres in the sensor's coordinates, of at most two bodies.
        frame_mask: `[M, T]` bool.
    """
    bodies, frames, num_joints, _ = joints.shape
    rows = np.zeros((frames, BODIES, num_joints, 3))
    rows[:, :bodies] = np.where(frame_mask[..., None, None], joints, 0).swapaxes(0, 1)
    return "".join(" ".join(f"{value:.9f}" for value in row) + "\n" for row in rows.reshape(frames, -1).tolist())


def label_text(segments: np.ndarray) -> str:
    """Labels `[S, 3]` (label from 0, first frame, frame after the last) as a label file, its frames counted from 1."""
    return "".join(f"{label + 1},{start + 1},{end},1\n" for label, start, end in segments.tolist())


def split_text(train: Iterable[str], test: Iterable[str]) -> str:
    """A split of recordings as a split file."""
    return f"Training videos:\n{', '.join(train)}\nValidation videos:\n{', '.join(test)}\n"
