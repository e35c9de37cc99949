"""Detections of people by a pose estimator, in the frames of one clip."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from skgraph.datasets.formats.json_file import describe
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.preparation.track_bodies import track_bodies
from skgraph.datasets.raw_dataset import NOBODY_DETECTED, RawClip
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_MAX_FRAMES = 200_000
_MAX_PEOPLE = 100
_MAX_CONFIDENCE = 10
_ENOUGH_FRAMES = 10  # to tell a step of all frame numbers from chance
_LARGEST = float(np.finfo(np.float32).max)


class PoseDetections:
    """Detected people, added frame by frame in any order and tracked into a clip.

    Args:
        source: the file or folder, for errors.
        topology: the skeleton.
        zero_is_missing: whether a confidence of 0 means that the joint was not found.
    """

    def __init__(self, source: object, topology: Topology, zero_is_missing: bool = True) -> None:
        self.source = source
        self.topology = topology
        self.zero_is_missing = zero_is_missing
        self._people: dict[int, int] = {}  # by frame
        self._identities: set[tuple[int, int]] = set()
        self._rows: list[tuple[int, int, np.ndarray, np.ndarray]] = []

    def add_frame(self, number: int) -> None:
        """Add a frame, which may be empty.

        Raises:
            DataError: the frame was added before, or its number is negative.
        """
        self._check_number("frame", number)
        if number in self._people:
            raise DataError(f"'{self.source}' has frame {number} twice")
        self._people[number] = 0

    def add(self, frame: int, joints: np.ndarray, confidence: np.ndarray, identity: int = -1) -> None:
        """Add a person in a frame.

        Args:
            frame: number of the frame.
            joints: `[V, C]`, NaN where not seen.
            confidence: `[V]`, NaN where not seen; clipped to 0 to 1, which maxima of heat maps overshoot.
            identity: the estimator's number of the person, -1 where unknown.

        Raises:
            DataError: an infinite coordinate, an impossible confidence, or a frame with an identity twice or too many
                people.
        """
        self._check_number("frame", frame)
        people = self._people[frame] = self._people.get(frame, 0) + 1
        where = f"'{self.source}', frame {frame}, person {people - 1}"
        if people > _MAX_PEOPLE:
            raise DataError(f"'{self.source}', frame {frame} has more than {_MAX_PEOPLE} people: keep the surest ones")
        if identity != -1:
            self._check_number("identity", identity)
            if (frame, identity) in self._identities:
                raise DataError(f"{where} has the identity {identity}, as another person of the frame")
            self._identities.add((frame, identity))
        # NaN, a joint that was not seen, compares false and passes.
        too_far = (np.abs(joints) > _LARGEST).any(axis=1)
        bad = too_far | (np.abs(confidence) > _MAX_CONFIDENCE)
        if bad.any():
            joint = int(np.argmax(bad))
            found = f"has the confidence {confidence[joint]:g}, expected 0 to 1"
            if too_far[joint]:
                found = f"is at {joints[joint].tolist()}"
            raise DataError(f"{where}: joint '{self.topology.joints[joint]}' {found}")
        self._rows.append((frame, identity, joints, confidence))

    def _check_number(self, what: str, number: int) -> None:
        if not 0 <= number < 2**62:
            raise DataError(f"'{self.source}' has the {what} {describe(number)}, expected 0 or more")

    def to_clip(self, axes: Sequence[float], max_bodies: int, min_confidence: float) -> RawClip:
        """Make the clip `[M, T, V, C]`, from the first frame to the last; frames that were not added are gaps.

        If all numbers of ten frames or more have a common step, as where an estimator took every second frame, the
        frames follow each other without gaps.

        Args:
            axes: factors `[C]` of the coordinates, for units and the direction of axes.
            max_bodies: largest number of bodies, see `track_bodies`.
            min_confidence: joints of lower confidence count as not seen, and are filled in by `fill_missing`.

        Raises:
            DataError: the frames span more than any clip.
        """
        if not self._rows:
            return RawClip.left_out(NOBODY_DETECTED)
        first, last = min(self._people), max(self._people)
        step = math.gcd(*(number - first for number in self._people)) if len(self._people) >= _ENOUGH_FRAMES else 1
        if (last - first) // step >= _MAX_FRAMES:
            raise DataError(f"'{self.source}' has frames {first} to {last}, expected at most {_MAX_FRAMES} frames")
        frames, identities, joints, confidence = (np.array(column) for column in zip(*self._rows, strict=True))
        frame, identity = (frames.astype(np.int64) - first) // step, identities.astype(np.int64)
        seen = np.isfinite(joints).all(axis=2) & (confidence >= min_confidence)  # not of NaN
        if self.zero_is_missing:
            seen &= confidence > 0
        confidence = np.where(seen, np.clip(confidence, 0, 1), 0)
        body = track_bodies(frame, joints, seen, confidence, identity, max_bodies)
        kept = body >= 0
        if not kept.any():
            return RawClip.left_out(NOBODY_DETECTED)
        grid = (int(body.max()) + 1, (last - first) // step + 1, self.topology.num_joints)
        rows = (body[kept], frame[kept])
        clip = np.zeros((*grid, joints.shape[2]), np.float32)
        clip[rows] = np.where(seen[..., None], joints, 0)[kept] * np.asarray(axes)
        there, sure = np.zeros(grid, bool), np.zeros(grid, np.float32)
        there[rows], sure[rows] = seen[kept], confidence[kept]
        filled, frame_mask = fill_missing(clip, there, self.topology)
        numbers = np.full(len(filled), -1)
        numbers[body[kept]] = identity[kept]  # all detections of a body have one identity
        return RawClip(filled, frame_mask, sure, identity=numbers)


def check_detection_options(max_bodies: int, min_confidence: float) -> None:
    """Raise a ConfigError for an option of `PoseDetections.to_clip` that is out of range."""
    if not isinstance(max_bodies, int) or max_bodies < 1:
        raise ConfigError(f"max_bodies must be a whole number, 1 or more, found {max_bodies}")
    if not 0 <= min_confidence < 1:
        raise ConfigError(f"min_confidence must be at least 0 and less than 1, found {min_confidence}")


def detections_note(max_bodies: int, min_confidence: float) -> str:
    """Say what `PoseDetections.to_clip` does to coordinates in an image."""
    return f"y negated; joints below confidence {min_confidence:g} filled in; at most {max_bodies} bodies"
