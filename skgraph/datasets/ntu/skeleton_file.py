"""Reads a `.skeleton` file of NTU RGB+D: what Kinect v2 tracked in one recording."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.decimals import Text
from skgraph.datasets.recording import Recording
from skgraph.errors import DataError

NUM_JOINTS = 25
# Words of the line that starts a body, and of the line of a joint: x y z, depth x y, colour x y, orientation w x y z,
# tracking state.
_BODY_WORDS, _JOINT_WORDS = 10, 12
# Tracking state 0 not tracked, 1 inferred, 2 tracked.
_CONFIDENCE = np.array([0.0, 0.5, 1.0])
# Lines of a body.
_LINES = 2 + NUM_JOINTS
# No recording of the dataset has a tenth of it.
_MOST_FRAMES = 100_000


def parse_skeleton(data: bytes) -> Recording:
    """Parse the text of a `.skeleton` file.

    Its first line is the number of frames; a frame is a line with its number of bodies, and a body a line of ten words,
    of which the first is its tracking id, a line `25`, and a line of twelve words for each joint, of which the first
    three are x, y and z in metres (x to the sensor's left, y up, z away from it) and the last is the tracking state
    (Shahroudy et al., *NTU RGB+D*, CVPR 2016, and the code that came with it). The other columns are not kept.

    Args:
        data: the file.

    Raises:
        DataError: the text is cut off, or anything in it does not have this form; the message names the line.
    """
    try:
        return _parse(Text(data))
    except DataError:
        tidy = Text(data, tidy=True)  # spaces and empty lines where there need be none are no reason to refuse a file
        return _parse(tidy)


def _parse(text: Text) -> Recording:
    frames = _whole(text, 0, "the number of frames")
    if frames > _MOST_FRAMES:
        raise DataError(f"line 1: expected at most {_MOST_FRAMES} frames, found {frames}")
    # Before memory is taken for each line: a line of a joint has twelve words and as many ends of words.
    if text.lines > 1 + frames + text.size // (NUM_JOINTS * _JOINT_WORDS * 2) * _LINES:
        raise DataError(f"the file has {text.lines} lines, which {frames} frames cannot have in {text.size} bytes")
    body, frame, slot = _bodies(text, frames)
    joint = body[:, None] + np.arange(2, _LINES)
    _check_words(text, body, _BODY_WORDS, "a body")
    place, size = text.start.take(body + 1), text.end.take(body + 1) - text.start.take(body + 1)
    said = text.bytes_at(place) * np.int64(10) + text.bytes_at(place + 1) - 11 * 48
    if not (good := (size == 2) & (said == NUM_JOINTS)).all():
        raise _unexpected(text, body[~good][0] + 1, f"{NUM_JOINTS} as the number of joints")
    rows = joint.ravel()
    _check_words(text, rows, _JOINT_WORDS, "a joint")
    end = text.end.take(rows)
    state = text.bytes_at(end - 1) - np.uint8(48)
    if not (good := (state < len(_CONFIDENCE)) & (text.bytes_at(end - 2) == 32)).all():
        raise _unexpected(text, rows[~good][0], "0, 1 or 2 as a tracking state at its end")
    # Coordinate by coordinate: numpy is slow where the last axis has three elements.
    positions = text.floats(*text.first_words(rows, 3))
    if not (finite := np.isfinite(positions).all(axis=0)).all():
        raise DataError(f"line {rows[~finite][0] + 1}: the position of a joint is not finite")
    ids = [text.line(line).partition(b" ")[0] for line in body.tolist()]
    joints = np.ascontiguousarray(positions.T).reshape(*joint.shape, 3)
    return Recording.of_bodies(frames, frame, slot, ids, joints, _CONFIDENCE.take(state).reshape(joint.shape))


def _bodies(text: Text, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The line in which each body starts, its frame, and its place among the bodies of the frame, `[n]`."""
    total = text.lines
    if (alike := _as_many_bodies(text, frames)) is not None:
        return alike
    # What the lines of one character say: a dictionary, because looking up one number in an array is slow.
    alone = np.flatnonzero(text.end - text.start == 1)
    digits = text.bytes_at(text.start.take(alone)).tolist()
    numbers = {line: byte - 48 for line, byte in zip(alone.tolist(), digits, strict=True) if 48 <= byte <= 57}
    found = []
    line = 1
    for frame in range(frames):
        if line >= total:
            raise DataError(f"the file ends in line {total}, after {frame} of {frames} frames")
        bodies = numbers[line] if line in numbers else _whole(text, line, "the number of bodies")
        line += 1
        if line + bodies * _LINES > total:
            raise DataError(f"the file ends in line {total}, in frame {frame} of {frames}, which has {bodies} bodies")
        for slot in range(bodies):
            found.append((line, frame, slot))
            line += _LINES
    if line < total:
        raise DataError(f"line {line + 1}: expected the end of the file after {frames} frames, found more")
    return tuple(np.array(found, np.int64).reshape(-1, 3).T)


def _as_many_bodies(text: Text, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """What `_bodies` gives, where every frame has as many bodies, as most recordings have; otherwise None."""
    first = text.line(1) if frames and text.lines > 1 else b""
    if len(first) != 1 or not first.isdigit():
        return None
    bodies = int(first)
    number = 1 + np.arange(frames) * (1 + bodies * _LINES)  # the lines that say how many
    if text.lines != 1 + frames * (1 + bodies * _LINES):
        return None
    start = text.start.take(number)
    if not ((text.end.take(number) == start + 1) & (text.bytes_at(start) == first[0])).all():
        return None
    line = number[:, None] + 1 + np.arange(bodies) * _LINES
    return line.ravel(), np.repeat(np.arange(frames), bodies), np.tile(np.arange(bodies), frames)


def _whole(text: Text, line: int, what: str) -> int:
    """The one whole number of a line."""
    found = text.line(line)
    if not found.isdigit() or len(found) > 9:
        words = len(found.split())
        shown = found.decode("ascii", "replace")[:20] if words == 1 else f"{words} words" if words else "nothing"
        raise DataError(f"line {line + 1}: expected {what}, found {shown}")
    return int(found)


def _check_words(text: Text, lines: np.ndarray, words: int, what: str) -> None:
    count = text.words.take(lines)
    if len(lines) and (count.min() != words or count.max() != words):
        wrong = int(np.argmax(count != words))
        raise DataError(f"line {lines[wrong] + 1}: expected {words} words for {what}, found {count[wrong]}")


def _unexpected(text: Text, line: int, expected: str) -> DataError:
    found = text.line(line).rpartition(b" ")[2].decode("ascii", "replace")[:20]
    return DataError(f"line {line + 1}: expected {expected}, found '{found}'")
