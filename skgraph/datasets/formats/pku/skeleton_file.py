"""Reads a skeleton file of PKU-MMD: what Kinect v2 tracked in one untrimmed recording."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.decimals import Text
from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.errors import DataError

BODIES, NUM_JOINTS = 2, 25
_WORDS = BODIES * NUM_JOINTS * 3


def parse_pku(data: bytes) -> np.ndarray:
    """Parse the text of a skeleton file: a line a frame, 150 numbers, x, y and z of 25 joints of two bodies.

    Positions are in metres in the sensor's coordinates, joints in the order of Kinect v2; a body that is not there is
    zero throughout (Liu et al., *PKU-MMD*, 2017, and the notes that come with it).

    Returns:
        `[T, 2, 25, 3]` float64.

    Raises:
        DataError: a line of another length, what is no number, or is not finite; the message names the line.
    """
    if not data.strip():
        raise DataError("the file is empty: expected a line of 150 numbers a frame")
    # Before memory is taken for each line: one of 150 words has twice as many bytes.
    if len(data) > 2**20 and (lines := data.count(b"\n")) > len(data) // _WORDS:
        raise DataError(f"the file has {lines} lines in {len(data)} bytes: expected a line of 150 numbers a frame")
    text = Text(data)
    if (text.words != _WORDS).any():
        text = Text(data, tidy=True)
    if (wrong := np.flatnonzero(text.words != _WORDS)).size:
        line = int(wrong[0])
        raise DataError(f"line {line + 1}: expected {_WORDS} numbers, found {text.words[line]}")
    values = text.floats(*text.all_words())
    if not np.isfinite(values).all():
        line = int(np.argmin(np.isfinite(values))) // _WORDS
        raise DataError(f"line {line + 1}: a number is not finite")
    return values.reshape(-1, BODIES, NUM_JOINTS, 3)


def as_recording(joints: np.ndarray) -> Recording:
    """Frames `[T, 2, 25, 3]` as a recording of the bodies that are there."""
    there = (joints != 0).any(axis=(2, 3))
    tracks = []
    for slot in range(joints.shape[1]):
        frame = np.flatnonzero(there[:, slot])
        if len(frame):
            certain = np.ones((len(frame), joints.shape[2]))
            tracks.append(Track(frame, np.full(len(frame), slot), joints[frame, slot], certain))
    return Recording(len(joints), tracks)
