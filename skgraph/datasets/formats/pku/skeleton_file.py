"""Skeleton files of PKU-MMD: the bodies that Kinect v2 tracked in one untrimmed recording."""

from __future__ import annotations

import io

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.datasets.formats.text_file import parse_numbers
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
        DataError: a line has another length, or holds what is no finite number; the message names the line.
    """
    frames = []
    for number, line in enumerate(io.BytesIO(data.rstrip()), 1):
        try:
            values = parse_numbers(line, _WORDS)
        except ValueError as error:
            raise DataError(f"line {number}: {error}") from None
        if not np.isfinite(values).all():
            raise DataError(f"line {number}: a number is not finite")
        frames.append(values)
    if not frames:
        raise DataError(f"the file is empty: expected a line of {_WORDS} numbers a frame")
    return np.array(frames).reshape(-1, BODIES, NUM_JOINTS, 3)


def as_recording(joints: np.ndarray) -> Recording:
    """Return frames `[T, 2, 25, 3]` as a recording of the bodies that are there."""
    there = (joints != 0).any(axis=(2, 3))
    tracks = []
    for slot in range(joints.shape[1]):
        frame = np.flatnonzero(there[:, slot])
        if len(frame):
            certain = np.ones((len(frame), joints.shape[2]))
            tracks.append(Track(frame, np.full(len(frame), slot), joints[frame, slot], certain))
    return Recording(len(joints), tracks)
