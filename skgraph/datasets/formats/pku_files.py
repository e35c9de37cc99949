"""Files of PKU-MMD I and II: skeletons of untrimmed recordings, their labels, and splits.

Source: Liu et al., *PKU-MMD: A large scale benchmark for continuous multi-modal human action understanding*, 2017.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.datasets.formats.text_file import parse_numbers, read_lines
from skgraph.errors import ConfigError, DataError

CLASSES = 51
INDEXINGS = ("one_based", "zero_based")
BODIES, NUM_JOINTS = 2, 25
_WORDS = BODIES * NUM_JOINTS * 3


def parse_pku(data: bytes) -> np.ndarray:
    """Parse the text of a skeleton file: a line a frame, 150 numbers, x, y and z of 25 joints of two bodies.

    Positions are in metres in the sensor's coordinates, joints in the order of Kinect v2; an absent body is
    zero throughout (Liu et al., *PKU-MMD*, 2017, and the notes that come with it).

    Returns:
        `[T, 2, 25, 3]` float64.

    Raises:
        DataError: a line has another length or a value that is no finite number; the message names the line.
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
    """Return frames `[T, 2, 25, 3]` as a recording of the present bodies."""
    there = (joints != 0).any(axis=(2, 3))
    tracks = []
    for slot in range(joints.shape[1]):
        frame = np.flatnonzero(there[:, slot])
        if len(frame):
            certain = np.ones((len(frame), joints.shape[2]))
            tracks.append(Track(frame, np.full(len(frame), slot), joints[frame, slot], certain))
    return Recording(len(joints), tracks)


def read_labels(path: Path, label_indexing: str) -> np.ndarray:
    """Return the labels of a recording as rows of label from 0, first frame and frame after the last, `[S, 3]` int64.

    A line is `label,start,end,confidence`, the label from 1. The dataset leaves the counting of frames open:

    - `one_based`: frames `start` to `end` from 1, both included (as AimCLR reads them);
    - `zero_based`: frames `start` to `end - 1` from 0 (as MAMP, CMD and PCM3 do), one frame later and one fewer.

    Raises:
        ConfigError: `label_indexing` is neither.
        DataError: the file cannot be read, or a line is not of this form.
    """
    if label_indexing not in INDEXINGS:
        raise ConfigError(f"label_indexing must be one of {', '.join(INDEXINGS)}, found '{label_indexing}'")
    rows = []
    for number, line in read_lines(path):
        if not line:
            continue
        words = line.replace(",", " ").split()
        try:
            label, start, end = map(int, words[:3])
            plain = line.isascii() and "_" not in line  # `int` reads 1_0 and the digits of other scripts
            if not plain or len(words) not in (3, 4) or not 1 <= label <= CLASSES or not 0 <= start < end < 2**40:
                raise ValueError
        except ValueError:
            raise DataError(
                f"'{path}', line {number}: expected label,start,end,confidence with a label of 1 to {CLASSES} and "
                f"a start before the end, found '{line[:60]}'"
            ) from None
        rows.append((label - 1, max(start - 1, 0) if label_indexing == "one_based" else start, end))
    if not rows:
        raise DataError(f"'{path}' has no label: expected lines of label,start,end,confidence")
    return np.array(rows, np.int64)


def read_split(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of training and of validation recordings, lines 2 and 4 of a split file.

    Raises:
        DataError: the file cannot be read, has another form, or a name is on both sides.
    """
    lines = [line for _, line in read_lines(path) if line]
    if len(lines) != 4 or "," in lines[0] + lines[2]:
        raise DataError(
            f"'{path}': expected four lines, the second with the recordings that train and the fourth with those that "
            f"validate, found {len(lines)}"
        )
    train, test = (frozenset(filter(None, (name.strip() for name in line.split(",")))) for line in (lines[1], lines[3]))
    if both := sorted(train & test):
        raise DataError(f"'{path}' has {len(both)} recordings on both sides, '{both[0]}' first")
    return train, test
