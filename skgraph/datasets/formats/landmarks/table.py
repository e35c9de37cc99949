"""Landmarks in tables (CSV), a line for each frame or for each landmark."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skgraph.datasets.formats.json_file import SIZE_LIMIT
from skgraph.datasets.formats.landmarks.frame import FRAME_NUMBERS, Frame, joint_indices, other_space, plain
from skgraph.datasets.formats.text_file import parse_number
from skgraph.errors import DataError, first_three

_AXES = {"x": 0, "y": 1, "z": 2, "v": 3, "visibility": 3, "score": 3, "confidence": 3}
_SPACES = {"world": True, "3d": True, "image": False, "2d": False}
_FILLERS = {"landmark", "landmarks", "lm", "keypoint", "kp", "joint", "pose"}  # words around the number of a joint
_LANDMARKS = ("landmark", "landmarkname", "joint", "jointname", "keypoint", "name", "landmarkid", "landmarkindex", "id")
_PEOPLE = ("person", "personid", "poseid", "poseindex")
_EXPECTED = "frame, nose_x, nose_y, nose_z, ...; or frame, landmark, x, y, z"
_LONGEST_HEADER = 2**20  # characters


class _Column(NamedTuple):
    """A column of an axis (3 is the visibility) of a landmark; of all landmarks, the name is ""."""

    number: int
    landmark: str
    axis: int


class LandmarkTable:
    """Landmarks in a CSV with a header, whose cells are separated by commas, semicolons or tabs.

    A line is a frame, with the columns `nose_x`, `NOSE.x`, `x_nose`, `x0`, `landmark_0_x` or the like of all joints,
    and optionally `nose_visibility`, `v0` or the like; without the number of the frame, lines follow each other. Or a
    line is a landmark: `frame`, `landmark` (name or number), `x`, `y`, and optionally `z` and `visibility`. Several
    people in a frame have a `person`. Columns with `world` or `3d` in their names are world landmarks, with `image` or
    `2d` image landmarks; others may be either. Columns with other names are ignored.

    Args:
        path: the file.
        joints: names of the joints.
        world: whether world landmarks or those of the image are taken, where a file has both.

    Raises:
        DataError: the file is no CSV in UTF-8, or lacks columns.
    """

    def __init__(self, path: Path, joints: Sequence[str], world: bool) -> None:
        self.path = path
        self.joints = joints
        self.header = next((cells for _, cells in self._lines()), [])
        titles = [plain(title) for title in self.header]
        self.frame, self.person, self.landmark = (
            next((titles.index(name) for name in names if name in titles), None)
            for names in (FRAME_NUMBERS, _PEOPLE, _LANDMARKS)
        )
        columns = self._columns(world)
        if self.frame is None or not any(column.axis < 3 for column in columns if not column.landmark):
            self.landmark = None  # but a column of clips, perhaps
        if self.landmark is None:
            joint_of = self._joint_of([column.landmark for column in columns])
        else:
            joint_of = {column.landmark: -1 if column.landmark else 0 for column in columns}
        self.columns = [column for column in columns if joint_of[column.landmark] >= 0]
        self.joint_of_column = [joint_of[column.landmark] for column in self.columns]
        self._check_columns(world)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            DataError: a line has other cells than the header, a cell is no number, or a frame has a landmark twice.
        """
        joint_of_line: dict[str, int] = {}
        if (at := self.landmark) is not None:
            joint_of_line = self._joint_of([line[at] for _, line in self._lines(after_header=True)])
        frames: dict[int, dict[str, np.ndarray]] = {}
        axes = [column.axis for column in self.columns]
        for place, (where, line) in enumerate(self._lines(after_header=True)):
            number = place if self.frame is None else _whole(line[self.frame], where)
            people = frames.setdefault(number, {})
            who = "" if self.person is None else line[self.person]
            joint = self.joint_of_column if at is None else [joint_of_line[line[at]]] * len(axes)
            if -1 in joint:
                continue
            if who not in people:
                people[who] = np.full((len(self.joints), 4), np.nan)
            elif not np.isnan(people[who][joint, axes]).all():
                of = "" if at is None else f"the landmark '{self.joints[joint[0]]}' of "
                raise DataError(f"{where}: '{self.path.name}' has {of}frame {number} twice")
            people[who][joint, axes] = [self._cell(line, column.number, where) for column in self.columns]
        for number, people in frames.items():
            if 3 not in axes:
                for person in people.values():
                    person[:, 3] = 1
            yield Frame(number, list(people.values()))

    def _lines(self, after_header: bool = False) -> Iterator[tuple[str, list[str]]]:
        """Yield the lines that are not empty, with their location: all, or those after the header, as long as it."""
        if self.path.stat().st_size > SIZE_LIMIT:
            raise DataError(f"'{self.path}' has more than {SIZE_LIMIT // 2**20} MiB, expected one clip a file")
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                separator = max(",;\t", key=file.readline(_LONGEST_HEADER).count)
                file.seek(0)
                lines = csv.reader(file, delimiter=separator, skipinitialspace=True, strict=True)
                for i, line in enumerate(filter(None, lines)):
                    where = f"'{self.path}', line {lines.line_num}"
                    if after_header and i > 0 and len(line) != len(self.header):
                        raise DataError(f"{where} has {len(line)} cells, the header {len(self.header)}")
                    if i > 0 or not after_header:
                        yield where, [cell.strip() for cell in line]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"'{self.path}' is not a CSV file in UTF-8: {error}") from error

    def _columns(self, world: bool) -> list[_Column]:
        """Return the columns of landmarks; of those in the world and in the image, the ones that are asked for."""
        found: dict[tuple[str, int], dict[bool | None, int]] = {}
        for number, title in enumerate(self.header):
            spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).casefold()
            words = re.findall(r"[23]d(?![a-z0-9])|[a-z]+|[0-9]+", spaced)
            axis = [_AXES[word] for word in words if word in _AXES]
            if len(axis) == 1:
                space = next((_SPACES[word] for word in words if word in _SPACES), None)
                others = [word for word in words if not any(word in known for known in (_AXES, _SPACES, _FILLERS))]
                found.setdefault(("".join(others), axis[0]), {}).setdefault(space, number)
        chosen = {key: numbers.get(world, numbers.get(None)) for key, numbers in found.items()}
        if chosen and all(number is None for number in chosen.values()):
            raise other_space(world, f"'{self.path}'")
        return [_Column(number, *key) for key, number in chosen.items() if number is not None]

    def _check_columns(self, world: bool) -> None:
        """Raise a DataError unless each joint has its coordinates once, and all or none of them a visibility."""
        found: dict[tuple[int, int], int] = {}
        for joint, (number, _, axis) in zip(self.joint_of_column, self.columns, strict=True):
            if (first := found.setdefault((joint, axis), number)) != number:
                twice = f"'{self.header[number][:50]}' again in column {number}, after column {first}"
                raise DataError(f"'{self.path}' has {twice}")
        axes = {axis for _, axis in found}
        joints = self.joints if self.landmark is None else [""]
        needed = [0, 1, *([2] if world else []), *([3] if 3 in axes else [])]
        pairs = [(v, axis) for v in range(len(joints)) for axis in needed]
        if world and pairs and all((v, axis) in found for v, axis in pairs if axis != 2) and 2 not in axes:
            raise other_space(world, f"'{self.path}', which lacks z,")
        if missing := [f"{joints[v]}_{'xyzv'[axis]}".strip("_") for v, axis in pairs if (v, axis) not in found]:
            lacks = f"lacks the columns {first_three(missing)}" if axes else "has no columns of landmarks"
            titles = first_three([f"'{title[:30]}'" for title in self.header]) or "none"
            raise DataError(f"'{self.path}' {lacks}: expected {_EXPECTED}; found {titles}")

    def _joint_of(self, names: Sequence[str]) -> dict[str, int]:
        unique = list(dict.fromkeys(names))
        return dict(zip(unique, joint_indices(unique, self.joints), strict=True))

    def _cell(self, line: Sequence[str], column: int, where: str) -> float:
        """Return the number in a cell, NaN if it is empty."""
        try:
            return parse_number(line[column]) if line[column] else math.nan
        except ValueError:
            found = f"column '{self.header[column][:30]}' must be a number, found '{line[column][:30]}'"
            raise DataError(f"{where}, {found}") from None


def _whole(cell: str, where: str) -> int:
    try:
        number = parse_number(cell)
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise DataError(f"{where}: the frame must be a whole number, found '{cell[:30]}'")
    return int(number)
