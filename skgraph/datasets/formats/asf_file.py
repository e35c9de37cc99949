"""ASF files (Acclaim skeleton): the bones of a body at rest.

M. Schafer, *Acclaim Skeleton File Definition V1.10*, 1995; J. Lander, *Acclaim ASF/AMC*,
https://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/ASF-AMC.html; *Acclaim Format - ASF line Details*,
http://graphics.cs.cmu.edu/nsp/course/cs229/info/ACCLAIMdef.html.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from skgraph.datasets.formats.rotations import turn
from skgraph.datasets.formats.text_file import parse_number, split_lines
from skgraph.errors import DataError

ROOT = "root"
"""Name of the root, which is no bone."""

_MOST_BONES = 1000  # many more than a body with fingers and a face has
_AXES = ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx")
_ROOT_VALUES = ("tx", "ty", "tz", "rx", "ry", "rz")
_LARGEST = 1e6  # length of a bone, in any unit


@dataclass
class AsfBone:
    """A bone, which stands for the joint at its far end; or the root, a bone of length 0."""

    name: str
    parent: int  # index in `AsfSkeleton.bones`, before its own; -1 of the root
    offset: np.ndarray  # [3], from its start to its end at rest, in the file's unit and axes
    frame: np.ndarray  # C [3, 3], the axes about which it turns
    values: tuple[str, ...]  # its values in a frame of motion: `rx`, ...; of the root also `tx`, ...


@dataclass(frozen=True)
class AsfSkeleton:
    """The skeleton of an ASF file."""

    where: str
    bones: list[AsfBone] = field(repr=False)  # the root, then the bones in the file's order, parents before children
    length: float  # a length in the file is a true length times this; 0.45 in the files of CMU
    degrees: bool

    @classmethod
    def parse(cls, data: bytes, where: str) -> AsfSkeleton:
        """Parse the text of a file.

        Args:
            data: the file.
            where: its name, for errors.

        Raises:
            DataError: it is no skeleton; the message names the line.
        """
        return _Parser(data, where).skeleton()

    @property
    def parents(self) -> dict[str, str | None]:
        """Joint -> its parent, None of the root, in the order of `bones`."""
        return {bone.name: self.bones[bone.parent].name if bone.parent >= 0 else None for bone in self.bones}

    @property
    def rest(self) -> np.ndarray:
        """Joint positions ``[J, 3]`` at rest, relative to the root, in the file's unit."""
        positions = np.zeros((len(self.bones), 3))
        for i, bone in enumerate(self.bones[1:], start=1):
            positions[i] = positions[bone.parent] + bone.offset
        return positions

    def positions(self, motion: np.ndarray) -> np.ndarray:
        """Compute the positions of the joints by forward kinematics.

        With `C_j` the axes of bone j, `M_j` its rotations about them one after the other, and `b_j` its offset::

            W_root = M_root              p_root = its translation
            W_j = W_parent C_j M_j C_j'  p_j = p_parent + W_j b_j

        Args:
            motion: ``[T, values]``, the values of the bones in their order, angles in radians.

        Returns:
            ``[T, J, 3]`` float64, in the file's unit and axes.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self._forward_kinematics(motion)

    def _forward_kinematics(self, motion: np.ndarray) -> np.ndarray:
        positions = np.zeros((len(motion), len(self.bones), 3))
        turns: list[np.ndarray] = []  # W_j, [T, 3, 3]
        column = 0
        for j, bone in enumerate(self.bones):
            moved = np.broadcast_to(np.eye(3), (len(motion), 3, 3))
            for value in bone.values:
                axis = "xyz".index(value[1])
                if value[0] == "t":
                    positions[:, j, axis] = motion[:, column]
                else:
                    moved = turn(axis, motion[:, column]) @ moved
                column += 1
            moved = bone.frame @ moved @ bone.frame.T
            if bone.parent >= 0:
                moved = turns[bone.parent] @ moved
                positions[:, j] = positions[:, bone.parent] + moved @ bone.offset
            turns.append(moved)
        return positions


class _Parser:
    """Reads the sections of a file, each of which begins with a line such as `:bonedata`."""

    def __init__(self, data: bytes, where: str) -> None:
        self.where, self.line = where, 0
        self.length, self.degrees = 1.0, True
        self.root: AsfBone | None = None
        self.bones: dict[str, tuple[AsfBone, list[float], str]] = {}  # with the angles and the order of its axes
        self.parent_of: dict[str, str] = {}
        self._read(split_lines(data, where))

    def error(self, problem: str) -> DataError:
        return DataError(f"'{self.where}', line {self.line}: {problem}")

    def _read(self, lines: Iterator[tuple[int, str]]) -> None:
        section = ""
        bone: dict[str, list[str]] | None = None
        for self.line, text in lines:
            # Commas and parentheses are white space.
            words = re.sub(r"[(),]", " ", text.partition("#")[0]).split()
            if not words:
                continue
            key, values = words[0].casefold(), words[1:]
            if key.startswith(":"):
                section = key
            elif section == ":units":
                self._unit(key, values)
            elif section == ":root":
                self._root(key, values)
            elif section == ":bonedata" and key == "begin":
                bone = {}
            elif section == ":bonedata" and key == "end" and bone is not None:
                self._bone(bone)
                bone = None
            elif section == ":bonedata" and bone is not None:
                bone[key] = values  # limits and masses are not read
            elif section == ":hierarchy" and key not in ("begin", "end"):
                self._children(words[0], values)

    def _unit(self, key: str, values: list[str]) -> None:
        if key == "length":
            (self.length,) = self._numbers(values, 1, "length")
            if self.length <= 0:
                raise self.error(f"the length unit must be positive, found {self.length:g}")
        elif key == "angle":
            word = " ".join(values).casefold()
            if word not in ("deg", "rad"):
                raise self.error(f"the angle unit must be deg or rad, found '{word[:40]}'")
            self.degrees = word == "deg"

    def _root(self, key: str, values: list[str]) -> None:
        if key == "order":
            order = tuple(value.casefold() for value in values)
            if len(set(order)) != len(order) or not set(order) <= set(_ROOT_VALUES):
                raise self.error(
                    f"order must be different of {', '.join(_ROOT_VALUES)}, found '{' '.join(values)[:40]}'"
                )
            self.root = AsfBone(ROOT, -1, np.zeros(3), np.eye(3), order)
        elif key in ("position", "orientation") and any(self._numbers(values, 3, key)):
            raise self.error(f"the {key} of the root must be 0 0 0: programs disagree on how others move the body")

    def _bone(self, keys: dict[str, list[str]]) -> None:
        if not keys.get("name"):
            raise self.error("a bone has no name")
        name = " ".join(keys["name"])
        if name in self.bones or name == ROOT:
            raise self.error(f"bone '{name[:40]}' occurs twice")
        if len(self.bones) == _MOST_BONES:
            raise self.error(f"more than {_MOST_BONES} bones")
        direction = self._numbers(keys.get("direction", []), 3, f"direction of bone '{name}'")
        (length,) = self._numbers(keys.get("length", []), 1, f"length of bone '{name}'")
        if not all(abs(length * share) < _LARGEST for share in direction):
            raise self.error(f"bone '{name}' has the length {length:g} and the direction {direction}, too far to reach")
        axis = keys.get("axis", ["0", "0", "0", "xyz"])
        order = axis[3].casefold() if len(axis) == 4 else ""
        if order not in _AXES:
            raise self.error(f"the axis of bone '{name}' must be three angles and their order such as XYZ")
        angles = self._numbers(axis[:3], 3, f"axis of bone '{name}'")
        dof = tuple(value.casefold() for value in keys.get("dof", []))
        if len(set(dof)) != len(dof) or not set(dof) <= {"rx", "ry", "rz"}:
            raise self.error(f"dof of bone '{name}' must be different of rx, ry, rz, found '{' '.join(dof)[:40]}'")
        bone = AsfBone(name, -1, np.array(direction) * length, np.eye(3), dof)
        self.bones[name] = bone, angles, order

    def _children(self, parent: str, children: list[str]) -> None:
        for child in children:
            for bone in (parent, child):
                if bone not in self.bones and bone != ROOT:
                    raise self.error(f"the hierarchy names the unknown bone '{bone[:40]}'")
            if child in self.parent_of or child == ROOT:
                raise self.error(f"bone '{child}' hangs on two bones")
            self.parent_of[child] = parent

    def _numbers(self, words: Sequence[str], count: int, what: str) -> list[float]:
        try:
            values = [parse_number(word) for word in words]
        except ValueError:
            values = []
        if len(values) != count or not all(map(math.isfinite, values)):
            expected = f"{count} finite numbers" if count > 1 else "a finite number"
            raise self.error(f"the {what[:80]} must be {expected}, found '{' '.join(words)[:40]}'")
        return values

    def skeleton(self) -> AsfSkeleton:
        if self.root is None:
            raise DataError(f"'{self.where}' has no :root with its order: expected an Acclaim skeleton")
        if lost := [name for name in self.bones if name not in self.parent_of]:
            raise DataError(f"'{self.where}': bone '{lost[0]}' is not in the hierarchy")
        bones, index = [self.root], {ROOT: 0}
        waiting = list(self.bones)
        while waiting:
            name = next((name for name in waiting if self.parent_of[name] in index), None)
            if name is None:
                raise DataError(f"'{self.where}': bone '{waiting[0]}' does not hang on the root")
            bone, angles, order = self.bones[name]
            bone.parent, index[name] = index[self.parent_of[name]], len(bones)
            for letter, angle in zip(order, angles, strict=True):
                radians = np.array([math.radians(angle) if self.degrees else angle])
                bone.frame = turn("xyz".index(letter), radians)[0] @ bone.frame
            bones.append(bone)
            waiting.remove(name)
        return AsfSkeleton(self.where, bones, self.length, self.degrees)
