"""Reads a `.skeleton` file of NTU RGB+D: what Kinect v2 tracked in one recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from skgraph.datasets.formats.decimals import Text
from skgraph.datasets.formats.kinect_recording import Recording
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
# Bytes from which on lines are counted before memory is taken for each, and that a body has in a frame at least: twelve
# words and as many ends of words for each joint.
_LARGE, _LEAST_BODY = 2**22, NUM_JOINTS * _JOINT_WORDS * 2
# Bytes that are parsed at a time: several files' worth, since with a small one NumPy is mostly busy being called, and
# little enough to stay in a processor's cache.
_AT_ONCE = 2**20


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
    if len(data) > _LARGE and (lines := data.count(b"\n")) > _MOST_FRAMES + len(data) // _LEAST_BODY * _LINES:
        raise DataError(f"the file has {lines} lines, which no recording has in {len(data)} bytes")
    try:
        return _parse(Text(data))[0]
    except DataError:
        tidy = Text(data, tidy=True)  # spaces and empty lines where there need be none are no reason to refuse a file
        return _parse(tidy)[0]


def parse_skeletons(files: Iterable[bytes | DataError]) -> Iterator[Recording | DataError]:
    """Parse many `.skeleton` files as `parse_skeleton` does, several at once, which is faster.

    Args:
        files: asked for as they are needed, a megabyte ahead; one may be the reason that it cannot be read.

    Returns:
        in order, of each file what it holds, or why it cannot be read or parsed.
    """
    group, size = [], 0
    for data in files:
        group.append(data)
        size += 0 if isinstance(data, DataError) else len(data)
        if size >= _AT_ONCE:
            yield from _parse_group(group)
            group, size = [], 0
    yield from _parse_group(group)


def _parse_group(files: list[bytes | DataError]) -> Iterable[Recording | DataError]:
    if not files or any(isinstance(data, DataError) or len(data) > _LARGE for data in files):
        return map(_parse_or_say_why, files)
    try:
        return _parse(Text(*files))
    except DataError:
        return map(_parse_or_say_why, files)


def _parse_or_say_why(data: bytes | DataError) -> Recording | DataError:
    try:
        return data if isinstance(data, DataError) else parse_skeleton(data)
    except DataError as error:
        return error


def _parse(text: Text) -> list[Recording]:
    """The recordings of files; an error is one of the first file that has one, if there is only one file."""
    frames = [_whole(text, line, "the number of frames") for line in text.first.tolist()]
    if max(frames) > _MOST_FRAMES:
        raise DataError(f"line 1: expected at most {_MOST_FRAMES} frames, found {max(frames)}")
    body, frame, slot, parts = _bodies(text, np.array(frames))
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
    joints = np.ascontiguousarray(positions.T).reshape(*joint.shape, 3)
    confidence = _CONFIDENCE.take(state).reshape(joint.shape)
    ids = text.slices(*np.concatenate(text.first_words(body, 1)))
    return [
        Recording.of_bodies(count, frame[own], slot[own], ids[own], joints[own], confidence[own])
        for count, own in zip(frames, parts, strict=True)
    ]


def _bodies(text: Text, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[slice]]:
    """Where the bodies of files are.

    Args:
        text: the files.
        frames: how many frames each of them says it has.

    Returns:
        the line in which each body starts, its frame, and its place among the bodies of the frame, `[n]`; and which of
        them are those of each file.
    """
    # In a file of this form, only the lines that say how many bodies a frame has are of one character, and the first.
    size = text.end - text.start
    size[text.first] = 0
    number = np.flatnonzero(size == 1)
    bodies = text.bytes_at(text.start.take(number)) - np.int64(48)
    begin = np.searchsorted(number, text.first)
    plain = frames.all() and np.array_equal(np.diff(begin, append=len(number)), frames)
    if plain:
        # The line after each frame's last, which says how many bodies the next has, or is the first of the next file.
        after = np.append(number, text.lines)[1:]
        after[begin[1:] - 1] = text.first[1:]
        plain = (
            bodies.min() >= 0
            and bodies.max() <= 9
            and np.array_equal(number.take(begin), text.first + 1)
            and np.array_equal(number + 1 + bodies * _LINES, after)
        )
    if not plain:
        if len(frames) > 1:
            raise DataError("one of the files has another form")
        return *_walk(text, int(frames[0])), [slice(None)]
    frame = np.arange(len(number)) - np.repeat(begin, frames)
    before = np.cumsum(bodies) - bodies
    slot = np.arange(bodies.sum()) - np.repeat(before, bodies)
    line = np.repeat(number + 1, bodies) + slot * _LINES
    bounds = [*before.take(begin).tolist(), len(line)]
    return line, np.repeat(frame, bodies), slot, [slice(i, j) for i, j in pairwise(bounds)]


def _walk(text: Text, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of one file, frame by frame: it finds the line of an error, and frames with more than nine bodies."""
    found = []
    line = 1
    for frame in range(frames):
        if line >= text.lines:
            raise DataError(f"the file ends in line {text.lines}, after {frame} of {frames} frames")
        bodies = _whole(text, line, "the number of bodies")
        line += 1
        if line + bodies * _LINES > text.lines:
            raise DataError(
                f"the file ends in line {text.lines}, in frame {frame} of {frames}, which has {bodies} bodies"
            )
        for slot in range(bodies):
            found.append((line, frame, slot))
            line += _LINES
    if line < text.lines:
        raise DataError(f"line {line + 1}: expected the end of the file after {frames} frames, found more")
    return tuple(np.array(found, np.int64).reshape(-1, 3).T)


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
