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
    text = Text(data)
    frames = _whole(text, 0, "the number of frames")
    if frames > _MOST_FRAMES:
        raise DataError(f"line 1: expected at most {_MOST_FRAMES} frames, found {frames}")
    last, total = text.line_end, text.lines
    # What the lines of one word say: a dictionary, because looking up one number in an array is slow.
    alone = np.flatnonzero(text.count == 1)
    digit = np.where(text.lengths(last[alone]) == 1, text.first_bytes(last[alone]), 0)
    numbers = {line: byte - 48 for line, byte in zip(alone.tolist(), digit.tolist(), strict=True) if 48 <= byte <= 57}
    lines, of_frame, slots = [], [], []
    line, size = 1, 2 + NUM_JOINTS
    for frame in range(frames):
        if line >= total:
            raise DataError(f"the file ends in line {total}, after {frame} of {frames} frames")
        bodies = numbers[line] if line in numbers else _whole(text, line, "the number of bodies")
        line += 1
        if line + bodies * size > total:
            raise DataError(f"the file ends in line {total}, in frame {frame} of {frames}, which has {bodies} bodies")
        for slot in range(bodies):
            lines.append(line)
            of_frame.append(frame)
            slots.append(slot)
            line += size
    if line < total:
        raise DataError(f"line {line + 1}: expected the end of the file after {frames} frames, found more")
    body = np.array(lines, np.int64)
    joint = body[:, None] + np.arange(2, size)
    _check_words(text, body, _BODY_WORDS, "a body")
    _check_words(text, body + 1, 1, "the number of joints")
    _check_words(text, joint.ravel(), _JOINT_WORDS, "a joint")
    _check_text(text, body + 1, b"%d" % NUM_JOINTS, "the number of joints")
    state = text.first_bytes(last.take(joint)) - np.uint8(48)
    good = (state < len(_CONFIDENCE)) & (text.lengths(last.take(joint)) == 1)
    if not good.all():
        raise _unexpected(text, joint[~good][0], "0, 1 or 2 as a tracking state at its end")
    # Coordinate by coordinate: numpy is slow where the last axis has three elements.
    positions = text.floats(last.take(joint - 1).ravel() + np.arange(1, 4)[:, None])
    finite = np.isfinite(positions).all(axis=0).reshape(joint.shape)
    if not finite.all():
        raise DataError(f"line {joint[~finite][0] + 1}: the position of a joint is not finite")
    ids = [text.word(word) for word in (last[body - 1] + 1).tolist()]
    joints = np.ascontiguousarray(positions.T).reshape(*joint.shape, 3)
    return Recording.of_bodies(
        frames, np.array(of_frame, np.int64), np.array(slots, np.int64), ids, joints, _CONFIDENCE.take(state)
    )


def _whole(text: Text, line: int, what: str) -> int:
    """The one whole number of a line."""
    word = text.word(text.line_end[line])
    if text.count[line] != 1 or not word.isdigit() or len(word) > 9:
        shown = word.decode("ascii", "replace")[:20] if text.count[line] == 1 else f"{text.count[line]} words"
        raise DataError(f"line {line + 1}: expected {what}, found {shown or 'nothing'}")
    return int(word)


def _check_words(text: Text, lines: np.ndarray, words: int, what: str) -> None:
    count = text.count[lines]
    if len(lines) and (count.min() != words or count.max() != words):
        wrong = int(np.argmax(count != words))
        raise DataError(f"line {lines[wrong] + 1}: expected {words} words for {what}, found {count[wrong]}")


def _check_text(text: Text, lines: np.ndarray, expected: bytes, what: str) -> None:
    """Whether each line is just this."""
    good = text.match(text.line_end[lines], expected)
    if not good.all():
        raise _unexpected(text, lines[int(np.argmin(good))], f"{expected.decode()} as {what}")


def _unexpected(text: Text, line: int, expected: str) -> DataError:
    found = text.word(text.line_end[line]).decode("ascii", "replace")[:20]
    return DataError(f"line {line + 1}: expected {expected}, found '{found}'")
