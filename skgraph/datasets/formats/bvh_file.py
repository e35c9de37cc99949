"""BVH files (Biovision hierarchy): a skeleton, its motion, and joint positions by forward kinematics."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.rotations import turn
from skgraph.datasets.formats.text_file import parse_number, read_lines
from skgraph.errors import DataError

MOST_JOINTS = 1000
"""Joints and End Sites of a file, many more than a body with fingers and a face has."""

_CHANNELS = {f"{axis}{kind}".casefold(): f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ"}
_LONGEST_NAME = 200
_BATCH = 1000  # frames in memory at a time
_TIMES = (1e-4, 10.0)  # plausible seconds of a frame


@dataclass
class BvhJoint:
    """A joint of a hierarchy, or an End Site, which has a position and no motion."""

    name: str  # of an End Site, the name of its joint and `End`
    parent: int  # index in the file, -1 of the root
    is_end: bool = False
    offset: tuple[float, ...] = ()  # position in the frame of the parent, in the file's unit
    channels: tuple[str, ...] = ()  # `Xposition` to `Zrotation`, in the order of their values in a frame


@dataclass(frozen=True)
class BvhFile:
    """A BVH file up to its motion: hierarchy, number of frames and frame time."""

    path: Path
    joints: list[BvhJoint] = field(repr=False)  # in the file's order, parents before their children
    frames: int
    frame_time: float  # seconds

    @classmethod
    def open(cls, path: str | Path) -> BvhFile:
        """Read a file up to its motion.

        Raises:
            DataError: the file is missing, or its hierarchy is malformed; the message names the line.
        """
        path = Path(path).expanduser()
        if not path.is_file():
            raise DataError(f"no file at '{path}': expected a BVH file")
        return cls._read(path, _Words(path, read_lines(path)))

    @classmethod
    def _read(cls, path: Path, words: _Words) -> BvhFile:
        joints = _hierarchy(words)
        frames = int(words.match(r"frames\s*:\s*([0-9]{1,9})", "'Frames: ' and their number"))
        frame_time = words.number(words.match(r"frame\s+time\s*:\s*(\S+)", "'Frame Time: ' and seconds"))
        if not _TIMES[0] <= frame_time <= _TIMES[1]:
            raise words.error(f"the frame time is {frame_time:g} s, expected {_TIMES[0]:g} to {_TIMES[1]:g}")
        return cls(path, joints, frames, frame_time)

    @property
    def rest(self) -> np.ndarray:
        """Joint positions ``[J, 3]`` without rotations, relative to the root, in the file's unit."""
        positions = np.zeros((len(self.joints), 3))
        with np.errstate(over="ignore", invalid="ignore"):
            for i, joint in enumerate(self.joints[1:], start=1):
                positions[i] = positions[joint.parent] + joint.offset
        return positions

    def positions(self, joints: Sequence[int] | None = None, every: int = 1) -> np.ndarray:
        """Compute the positions of the joints in every frame by forward kinematics.

        With `R_j` the product of the elementary rotations of joint j in the order of its channels (each about an axis
        that the ones before it have turned) and `t_j` its offset, in which position channels replace coordinates::

            W_root = R_root           p_root = t_root
            W_j = W_parent(j) R_j     p_j = p_parent(j) + W_parent(j) t_j

        Position channels of a joint are its position in the frame of its parent, not a distance from its offset, as
        MotionBuilder writes them and LaFAN1's own reader reads them; where offsets are zero both agree.

        Args:
            joints: indices of the joints to return; by default all, End Sites included.
            every: keep the frames 0, every, 2 every, ...

        Returns:
            ``[T, J, 3]`` float64, in the file's unit and axes.

        Raises:
            DataError: a frame is incomplete or holds no numbers, or the number of frames is not the stated one.
        """
        wanted = list(range(len(self.joints)) if joints is None else joints)
        words = _Words(self.path, read_lines(self.path))
        if (header := BvhFile._read(self.path, words)) != self:
            raise DataError(f"'{self.path}' has changed since it was opened: {header} now, {self} before")
        columns = [f"{joint.name} {channel}" for joint in self.joints for channel in joint.channels]
        positions = [np.zeros((0, len(wanted), 3))]
        kept = self._kept_frames(words, every)
        while batch := list(islice(kept, _BATCH)):
            with np.errstate(over="ignore", invalid="ignore"):
                positions.append(_forward_kinematics(self.joints, _numbers(self.path, batch, columns))[:, wanted])
            if (bad := np.argwhere(~np.isfinite(positions[-1]).all(axis=2))).size:
                line, joint = batch[bad[0, 0]][0], self.joints[wanted[bad[0, 1]]].name
                raise DataError(f"'{self.path}', line {line}: the position of joint '{joint}' is not finite")
        return np.concatenate(positions)

    def _kept_frames(self, words: _Words, every: int) -> Iterator[tuple[int, str]]:
        """Yield the line number and text of every `every`-th frame; check the number of frames at the end."""
        frames = 0
        for number, line in words.lines:
            if line:
                if frames % every == 0 and frames < self.frames:
                    yield number, line
                frames += 1
        if frames != self.frames:
            raise DataError(f"'{self.path}' must have {self.frames} frames by its header, found {frames}")


class _Words:
    """A tokenizer of a BVH file, which counts lines."""

    def __init__(self, path: Path, lines: Iterator[tuple[int, str]]) -> None:
        self.path, self.lines, self.line = path, lines, 0
        self._words: deque[str] = deque()  # a line may have a million

    def error(self, problem: str) -> DataError:
        return DataError(f"'{self.path}', line {self.line}: {problem}")

    def next(self, expected: str) -> str:
        """Return the next word, of this or a later line."""
        while not self._words:
            self._words.extend(self._next_line(expected).replace("{", " { ").replace("}", " } ").split())
        return self._words.popleft()

    def name(self) -> str:
        """Return the rest of the line up to a brace, since names may contain blanks."""
        words = []
        while self._words and self._words[0] != "{":
            words.append(self._words.popleft())
        if not words:
            raise self.error("a joint has no name")
        if len(name := " ".join(words)) > _LONGEST_NAME:
            raise self.error(f"the name of a joint has {len(name)} characters, expected at most {_LONGEST_NAME}")
        return name

    def expect(self, word: str) -> None:
        if (found := self.next(f"'{word}'")).upper() != word:
            raise self.error(f"expected '{word}', found '{found[:40]}'")

    def number(self, word: str) -> float:
        value = _number(word)
        if not math.isfinite(value):
            raise self.error(f"expected a finite number, found '{word[:40]}'")
        return value

    def match(self, pattern: str, expected: str) -> str:
        """Return the group of a pattern that the next line with text must match."""
        line = " ".join(self._words)
        while not line:
            line = self._next_line(expected)
        self._words.clear()
        if (found := re.fullmatch(pattern, line, re.IGNORECASE)) is None:
            raise self.error(f"expected {expected}, found '{line[:40]}'")
        return found[1]

    def _next_line(self, expected: str) -> str:
        self.line, line = next(self.lines, (self.line, None))
        if line is None:
            raise DataError(f"'{self.path}' ends after line {self.line}, expected {expected}")
        return line


def _hierarchy(words: _Words) -> list[BvhJoint]:
    words.expect("HIERARCHY")
    joints: list[BvhJoint] = []
    is_open: list[int] = []  # the joints whose braces are open, outermost first
    line_of: dict[str, int] = {}
    moving: set[int] = set()  # the joints that have their CHANNELS
    while True:
        allowed, joint = ["MOTION" if joints else "ROOT"], None
        if is_open:
            joint = joints[is_open[-1]]
            # CHANNELS come before the first child, since frames list channels in the order of the joints.
            first = joint is joints[-1] and is_open[-1] not in moving
            allowed = ["}"] if joint.offset else ["OFFSET"]
            allowed += [] if joint.is_end else ["CHANNELS", "JOINT", "END"] if first else ["JOINT", "END"]
        word = words.next(" or ".join(allowed))
        key = word.upper()
        if key not in allowed:
            where = f" in joint '{joint.name}'" if joint else ""
            raise words.error(f"expected {' or '.join(allowed)}{where}, found '{word[:40]}'")
        if key == "MOTION":
            return joints
        if joint and key == "OFFSET":
            joint.offset = tuple(words.number(words.next("three numbers")) for _ in range(3))
        elif joint and key == "CHANNELS":
            joint.channels = _channels(words, joint.name)
            moving.add(is_open[-1])
        elif key == "}":
            is_open.pop()
        else:
            child = BvhJoint(words.name(), is_open[-1] if is_open else -1, key == "END")
            if child.is_end and child.name.upper() != "SITE":
                raise words.error(f"expected 'End Site', found 'End {child.name[:40]}'")
            if joint and child.is_end:
                child.name = f"{joint.name}End"
            elif child.name in line_of:
                raise words.error(f"joint '{child.name}' occurs twice, first in line {line_of[child.name]}")
            else:
                line_of[child.name] = words.line
            if len(joints) == MOST_JOINTS:
                raise words.error(f"more than {MOST_JOINTS} joints and End Sites")
            words.expect("{")
            is_open.append(len(joints))
            joints.append(child)


def _channels(words: _Words, joint: str) -> tuple[str, ...]:
    count = words.next("the number of channels")
    if count not in tuple("0123456"):
        raise words.error(f"joint '{joint}' must have 0 to 6 channels, found '{count[:40]}'")
    channels: list[str] = []
    for _ in range(int(count)):
        word = words.next("the names of channels")
        channel = _CHANNELS.get(word.casefold(), "")
        if not channel or channel in channels:
            known = ", ".join(_CHANNELS.values())
            raise words.error(f"joint '{joint}' has the channel '{word[:40]}', expected {count} different of {known}")
        channels.append(channel)
    return tuple(channels)


def _numbers(path: Path, lines: list[tuple[int, str]], columns: list[str]) -> np.ndarray:
    """Return lines of motion as numbers ``[T, channels]``."""
    rows = [line.split() for _, line in lines]
    for (number, _), row in zip(lines, rows, strict=True):
        if len(row) != len(columns):
            raise DataError(f"'{path}', line {number}: a frame must be {len(columns)} numbers, found {len(row)}")
    motion = np.array([_number(word) for row in rows for word in row]).reshape(len(rows), len(columns))
    if (bad := np.argwhere(~np.isfinite(motion))).size:
        frame, column = bad[0]
        where = f"'{path}', line {lines[frame][0]}: '{columns[column]}'"
        raise DataError(f"{where} must be a finite number, found '{rows[frame][column][:40]}'")
    return motion


def _number(word: str) -> float:
    """Return a word as a number, NaN if it is not one."""
    try:
        return parse_number(word)
    except ValueError:
        return math.nan


def _forward_kinematics(joints: list[BvhJoint], motion: np.ndarray) -> np.ndarray:
    """Compute positions ``[T, J, 3]`` from channels ``[T, channels]``; see `BvhFile.positions`."""
    positions = np.zeros((len(motion), len(joints), 3))
    turns: list[np.ndarray] = []  # W_j, [T, 3, 3]
    column = 0
    for j, joint in enumerate(joints):
        position = np.tile(np.array(joint.offset), (len(motion), 1))
        above = turns[joint.parent] if joint.parent >= 0 else np.eye(3)[None]
        whole = above
        for channel in joint.channels:
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                position[:, axis] = motion[:, column]
            else:
                whole = whole @ turn(axis, np.deg2rad(motion[:, column]))
            column += 1
        turns.append(whole)
        if joint.parent >= 0:
            position = positions[:, joint.parent] + (above @ position[:, :, None])[:, :, 0]
        positions[:, j] = position
    return positions
