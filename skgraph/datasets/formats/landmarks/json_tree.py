"""Landmarks in JSON, as lists and objects at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skgraph.datasets.formats.json_file import describe, expect_numbers
from skgraph.datasets.formats.landmarks.frame import FRAME_NUMBERS, Frame, joint_indices, other_space, plain
from skgraph.errors import DataError

# Plain names of keys with landmarks in the world and in the image; of the others, only the values tell.
_WORLD = ("poseworldlandmarks", "worldlandmarks", "keypoints3d", "landmarks3d")
_IMAGE = ("poselandmarks", "landmarks2d", "keypoints2d", "imagelandmarks", "normalizedlandmarks")
_EITHER = ("landmarks", "keypoints", "landmark", "skeletonpoints")
_PEOPLE = ("people", "persons", "poses", "pose", "detections", "results")
_NAMES = ("name", "id", "index")
_VISIBILITIES = ("visibility", "score", "confidence", "v")

_DEEPEST = 8
_SHORTEST = '[[{"x": 0.1, "y": -0.5, "z": 0.2}, ...], ...]'


class LandmarkTree:
    """Landmarks in a parsed JSON file.

    A clip is a list of frames, or an object that holds one. A frame is null, or people in lists and objects; its number
    is `frame`, `frame_index` or the like, or else its place in the list. A person is a list of landmarks in the order
    of the joints, or with `name` or `id`; or an object of landmarks by name. A landmark is an object of `x`, `y`, and
    optionally `z` and `visibility` or `score`; or a list of these numbers.

    Args:
        content: a value of `read_json`.
        joints: names of the joints.
        world: whether world landmarks or those of the image are taken, where a file has both.
        where: name of the file, for errors.
    """

    def __init__(self, content: Any, joints: Sequence[str], world: bool, where: str) -> None:
        self.content = content
        self.joints = joints
        self.world = world
        self.where = where
        self.keys = (*(_WORLD if world else _IMAGE), *_EITHER)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            DataError: the content is none of the above, or has only the landmarks that are not asked for.
        """
        content = self.content
        while isinstance(content, dict):
            inside = _value(content, ("frames", *self.keys, "data", "sequence", "poses", "results"))
            holds_frames = isinstance(inside, dict) or (isinstance(inside, list) and not _is_person(inside))
            content = inside if holds_frames else [content]
        if not isinstance(content, list):
            raise DataError(f"{self.where} must be a list of frames such as {_SHORTEST}, found {describe(content)}")
        for i, frame in enumerate([content] if _is_person(content) else content):
            where = f"{self.where}, frame {i}"
            number = _value(frame, FRAME_NUMBERS) if isinstance(frame, dict) else None
            if isinstance(number, float) and number.is_integer():
                number = int(number)
            if number is not None and type(number) is not int:
                raise DataError(f"{where}: the number of the frame must be a whole one, found {describe(number)}")
            yield Frame(i if number is None else number, list(self._people(frame, where)))

    def _people(self, value: Any, where: str, depth: int = 0) -> Iterator[np.ndarray]:
        if depth > _DEEPEST:
            raise DataError(f"{where} is nested too deep to be landmarks")
        if value is None or value == {}:
            return
        if isinstance(value, list) and _is_person(value):
            yield self._person(value, where)
        elif isinstance(value, list):
            for part in value:
                yield from self._people(part, where, depth + 1)
        elif isinstance(value, dict):
            inside = _value(value, (*self.keys, *_PEOPLE))
            indices = joint_indices(list(value), self.joints)
            if inside is not None:
                yield from self._people(inside, where, depth + 1)
            elif max(indices, default=-1) >= 0:
                named = [part for part, v in zip(value.values(), indices, strict=True) if v >= 0]
                yield self._fill([v for v in indices if v >= 0], named, where)
            elif _value(value, _IMAGE if self.world else _WORLD):
                raise other_space(self.world, where)
            elif not any(plain(key) in (*self.keys, *_PEOPLE, *_IMAGE, *_WORLD) for key in value):
                found = ", ".join(f"'{key[:30]}'" for key in list(value)[:10])
                raise DataError(f"{where} has no landmarks: expected frames such as {_SHORTEST}, found {found}")
        else:
            raise DataError(f"{where} must be landmarks such as {_SHORTEST[1:-6]}, found {describe(value)}")

    def _person(self, landmarks: list[Any], where: str) -> np.ndarray:
        """Return a list of landmarks as `[V, 4]`."""
        key = next((key for key in _NAMES if all(isinstance(one, dict) and key in one for one in landmarks)), None)
        if key is None and len(landmarks) != len(self.joints):
            expected = f"the {len(self.joints)} landmarks of the topology, or a name or id in each"
            raise DataError(f"{where} must have {expected}, found {len(landmarks)}")
        if key is None:
            return self._fill(list(range(len(landmarks))), landmarks, where)
        names = [str(one[key]) if type(one[key]) in (int, str) else "" for one in landmarks]
        indices = joint_indices(names, self.joints)
        known = [v for v in indices if v >= 0]
        if not known:
            raise DataError(f"{where} has no landmark of the topology: the first {key} is {describe(names[0])}")
        if twice := [v for v in known if known.count(v) > 1]:
            raise DataError(f"{where} has the landmark '{self.joints[twice[0]]}' twice")
        return self._fill(indices, landmarks, where)

    def _fill(self, indices: list[int], landmarks: list[Any], where: str) -> np.ndarray:
        """Return landmarks as `[V, 4]`, given the joint of each; landmarks with index -1 are dropped."""
        rows = expect_numbers([x for one in landmarks for x in _row(one, where)], 4 * len(landmarks), where)
        person = np.full((len(self.joints) + 1, 4), np.nan)
        person[indices] = rows.reshape(-1, 4)
        return person[:-1]


def _value(mapping: dict[str, Any], names: Sequence[str]) -> Any:
    """Return the value of the first of some plain names that is a key and not null, or None."""
    keys = {plain(key): key for key in mapping}
    return next((mapping[keys[name]] for name in names if name in keys and mapping[keys[name]] is not None), None)


def _is_person(value: list[Any]) -> bool:
    """Return whether the parts of a list are landmarks, by the first."""
    first = value[0] if value else None
    if isinstance(first, dict):
        return "x" in first
    return isinstance(first, list) and bool(first) and type(first[0]) in (int, float)


def _row(landmark: Any, where: str) -> tuple[Any, ...]:
    """Return x, y, z (null without) and visibility (1 without) of a landmark."""
    if isinstance(landmark, dict) and "x" in landmark and "y" in landmark:
        visibility = next((landmark[key] for key in _VISIBILITIES if landmark.get(key) is not None), 1)
        return landmark["x"], landmark["y"], landmark.get("z"), visibility
    if isinstance(landmark, list) and 2 <= len(landmark) <= 4:
        return (*landmark, *(None, 1)[len(landmark) - 2 :])
    if landmark is None:
        return None, None, None, None
    found = f"the keys {', '.join(list(landmark)[:5])}"[:99] if isinstance(landmark, dict) else describe(landmark)
    raise DataError(f"{where}: a landmark must have x and y, or be a list of 2 to 4 numbers, found {found}")
