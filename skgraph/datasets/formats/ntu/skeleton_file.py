"""`.skeleton` files of NTU RGB+D: the bodies that Kinect v2 tracked in one recording."""

from __future__ import annotations

import numpy as np

from skgraph.datasets.formats.kinect_recording import Recording, Track
from skgraph.datasets.formats.text_file import parse_numbers, tidy_lines
from skgraph.errors import DataError

NUM_JOINTS = 25
# Words of the line that starts a body, and of the line of a joint: x y z, depth x y, colour x y, orientation w x y z,
# tracking state.
_BODY_WORDS, _JOINT_WORDS = 10, 12
_CONFIDENCE = np.array([0.0, 0.5, 1.0])  # by tracking state: not tracked, inferred, tracked
_BODY_LINES = 2 + NUM_JOINTS
_MOST_FRAMES = 100_000  # ten times the longest recording of the dataset
_LEAST_BODY = NUM_JOINTS * _JOINT_WORDS * 2  # bytes: a word and a space for each column of each joint
_LARGE = 2**22
_LONGEST_NUMBER = 40  # bytes; longer ones are read one by one


def parse_skeleton(data: bytes) -> Recording:
    """Parse the text of a `.skeleton` file.

    The first line is the number of frames; a frame is a line with its number of bodies, and a body a line of ten words,
    of which the first is its tracking id, a line `25`, and a line of twelve words for each joint, of which the first
    three are x, y and z in metres (x to the sensor's left, y up, z away from it) and the last is the tracking state
    (Shahroudy et al., *NTU RGB+D*, CVPR 2016, and the code that came with it). The other columns are not kept.

    Args:
        data: the file.

    Raises:
        DataError: the text is cut off, or anything in it does not have this form; the message names the line.
    """
    # Checked before memory is taken for each line.
    if len(data) > _LARGE and (lines := data.count(b"\n")) > _MOST_FRAMES + len(data) // _LEAST_BODY * _BODY_LINES:
        raise DataError(f"the file has {lines} lines, which no recording has in {len(data)} bytes")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    try:
        return _Lines(data).recording()
    except DataError:
        pass  # other white space is no reason to refuse a file
    return _Lines(tidy_lines(data)).recording()


class _Lines:
    """An index of the lines and words of a text, whose words are separated by single spaces.

    Attributes:
        end: position of the byte after each word, `[W]`.
        last: index of the last word of each line, `[L]`; an empty line has one empty word.
        breaks: position of the line feed before each line, and of the last.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data if data.endswith(b"\n") else data + b"\n"
        self.bytes = np.frombuffer(self.data, np.uint8)
        self.end = np.flatnonzero(self.bytes <= 32)
        self.last = np.flatnonzero(self.bytes[self.end] == 10)
        self.breaks = [-1, *self.end[self.last].tolist()]

    def recording(self) -> Recording:
        frames = self.whole_number(0, "the number of frames")
        if frames > _MOST_FRAMES:
            raise DataError(f"line 1: expected at most {_MOST_FRAMES} frames, found {frames}")
        line, frame, slot = self.bodies(frames)
        self.check_words(line, _BODY_WORDS, "a body")
        for row in (line + 1).tolist():
            if (found := self.line(row)) != b"25":
                raise _unexpected(row, "25 as the number of joints", found)
        rows = (line[:, None] + np.arange(2, _BODY_LINES)).ravel()
        self.check_words(rows, _JOINT_WORDS, "a joint")
        joints = self.positions(rows).reshape(-1, NUM_JOINTS, 3)
        bodies = Track(frame, slot, joints, self.confidence(rows).reshape(-1, NUM_JOINTS))
        return Recording.of_bodies(frames, [self.line(row).partition(b" ")[0] for row in line.tolist()], bodies)

    def line(self, row: int) -> bytes:
        return self.data[self.breaks[row] + 1 : self.breaks[row + 1]]

    def whole_number(self, row: int, what: str) -> int:
        """Return the only word of a line."""
        found = self.line(row)
        if not found.isdigit() or len(found) > 9:
            words = len(found.split())
            shown = found.decode("ascii", "replace")[:20] if words == 1 else f"{words} words" if words else "nothing"
            raise DataError(f"line {row + 1}: expected {what}, found {shown}")
        return int(found)

    def bodies(self, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the first line of each body, its frame, and its index among the bodies of the frame, `[n]` each."""
        found, row, lines = [], 1, len(self.last)
        for frame in range(frames):
            if row >= lines:
                raise DataError(f"the file ends in line {lines}, after {frame} of {frames} frames")
            bodies = self.whole_number(row, "the number of bodies")
            row += 1
            if row + bodies * _BODY_LINES > lines:
                raise DataError(
                    f"the file ends in line {lines}, in frame {frame} of {frames}, which has {bodies} bodies"
                )
            found += [(row + slot * _BODY_LINES, frame, slot) for slot in range(bodies)]
            row += bodies * _BODY_LINES
        if row < lines:
            raise DataError(f"line {row + 1}: expected the end of the file after {frames} frames, found more")
        return tuple(np.array(found, np.int64).reshape(-1, 3).T)

    def check_words(self, rows: np.ndarray, expected: int, what: str) -> None:
        words = self.last[rows] - self.last[rows - 1]
        if (wrong := np.flatnonzero(words != expected)).size:
            row, found = rows[wrong[0]], words[wrong[0]]
            raise DataError(f"line {row + 1}: expected {expected} words for {what}, found {found}")

    def positions(self, rows: np.ndarray) -> np.ndarray:
        """Return the first three words of lines as float64 `[3 n]`."""
        word = (self.last[rows - 1][:, None] + np.arange(3)).ravel()
        start, size = self.end[word] + 1, self.end[word + 1] - self.end[word] - 1
        width = min(int(size.max(initial=1)), _LONGEST_NUMBER)
        place = np.arange(width)
        text = self.bytes.take(start[:, None] + place, mode="clip")
        text[place >= size[:, None]] = 0
        try:
            if (size > width).any() or (text == ord("_")).any():  # NumPy reads 1_0 as 10
                raise ValueError
            values = text.view(f"S{width}").ravel().astype(np.float64)
        except ValueError:
            words = zip(rows.repeat(3), start, start + size, strict=True)
            values = np.array([self.number(*word) for word in words])
        if not (finite := np.isfinite(values)).all():
            raise DataError(f"line {rows[finite.argmin() // 3] + 1}: the position of a joint is not finite")
        return values

    def number(self, row: int, start: int, end: int) -> float:
        """Return the number between two bytes of a line."""
        try:
            return parse_numbers(self.data[start:end], 1)[0]
        except ValueError as error:
            raise DataError(f"line {row + 1}: {error}") from None

    def confidence(self, rows: np.ndarray) -> np.ndarray:
        """Return the confidence of the tracking states at the ends of lines, `[n]`."""
        end = self.end[self.last[rows]]
        state = self.bytes[end - 1] - np.uint8(48)  # wraps around below the digit 0
        if (wrong := np.flatnonzero((state >= len(_CONFIDENCE)) | (self.bytes[end - 2] != 32))).size:
            row = rows[wrong[0]]
            raise _unexpected(row, "0, 1 or 2 as a tracking state at its end", self.line(row).rpartition(b" ")[2])
        return _CONFIDENCE[state]


def _unexpected(row: int, expected: str, found: bytes) -> DataError:
    return DataError(f"line {row + 1}: expected {expected}, found '{found.decode('ascii', 'replace')[:20]}'")
