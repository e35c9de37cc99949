"""AMC files (Acclaim motion capture): the motion of the skeleton of an ASF file."""

from __future__ import annotations

import math
import re

import numpy as np

from skgraph.datasets.formats.asf_file import AsfSkeleton
from skgraph.datasets.formats.text_file import parse_number, split_lines
from skgraph.errors import DataError

_BATCH = 1000  # frames in memory at a time


def amc_positions(data: bytes, where: str, skeleton: AsfSkeleton, every: int = 1) -> np.ndarray:
    """Parse the text of a file, and compute the positions of the joints in its frames.

    A frame is a line with its number, and a line for the root and each bone that moves: its name, and its values in the
    order in which the skeleton lists them. Angles are degrees or radians as the file says, else as the skeleton does.

    Args:
        data: the file.
        where: its name, for errors.
        skeleton: the skeleton that it moves.
        every: keep the frames 0, every, 2 every, ...

    Returns:
        ``[T, J, 3]`` float64, in the unit and axes of the skeleton.

    Raises:
        DataError: a frame is incomplete, out of order or of another skeleton; the message names the line.
    """
    motion = _read(data, where, skeleton)[::every]
    batches = [skeleton.positions(motion[start : start + _BATCH]) for start in range(0, len(motion), _BATCH)]
    return np.concatenate([np.zeros((0, len(skeleton.bones), 3)), *batches])


def _read(data: bytes, where: str, skeleton: AsfSkeleton) -> np.ndarray:
    """Return the values of all bones in the order of the skeleton, angles in radians, ``[T, values]``."""
    names = [(bone.name, value) for bone in skeleton.bones for value in bone.values]
    columns = {bone.name: len(bone.values) for bone in skeleton.bones if bone.values}
    start_of = {bone: [name for name, _ in names].index(bone) for bone in columns}
    frames: list[list[float]] = []
    missing: set[str] = set()  # bones of the last frame that have not been read
    number, degrees, line = 0, skeleton.degrees, 0

    def check_frame() -> None:
        if missing:
            raise DataError(f"'{where}', before line {line}: frame {number} lacks bone '{min(missing)}'")

    for line, text in split_lines(data, where):
        words = text.partition("#")[0].split()
        if not words:
            continue
        at, name = f"'{where}', line {line}", words[0]
        if name.startswith(":"):
            if name.casefold() in (":degrees", ":radians"):
                degrees = name.casefold() == ":degrees"
        elif len(words) == 1 and re.fullmatch("[0-9]{1,9}", name):
            check_frame()
            if frames and int(name) != number + 1:
                raise DataError(f"{at}: frame {number} is followed by frame {int(name)}")
            number, missing = int(name), set(columns)
            frames.append([math.nan] * len(names))
        elif name not in missing:
            found = "before the first frame" if not frames else "twice in a frame" if name in columns else ""
            raise DataError(f"{at}: '{name[:40]}' is {found or f'no bone that moves in {skeleton.where!r}'}")
        elif len(words) - 1 != columns[name]:
            raise DataError(f"{at}: '{name}' must have {columns[name]} numbers, found {len(words) - 1}")
        else:
            missing.discard(name)
            try:
                values = [parse_number(word) for word in words[1:]]
            except ValueError as error:
                raise DataError(f"{at}: {error}") from None
            if not all(map(math.isfinite, values)):
                raise DataError(f"{at}: the numbers of '{name}' must be finite, found '{text[:80]}'")
            frames[-1][start_of[name] : start_of[name] + columns[name]] = values
    line += 1
    check_frame()
    motion = np.array(frames).reshape(len(frames), len(names))
    if degrees:
        motion[:, [value[0] == "r" for _, value in names]] *= np.pi / 180
    return motion
