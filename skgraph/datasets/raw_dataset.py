"""Clips and datasets read from raw files, and their splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from skgraph.datasets.preparation.units import METRES
from skgraph.errors import DataError
from skgraph.topology import Topology

LARGEST_ID = 2**63 - 1
"""The largest integer that a store can hold, whose ids are int64."""

IDS = ("subject", "camera", "setup")
"""Names of the ids of a clip."""

ALL_CLIPS = slice(None)
"""The slice of all clips."""

# Reasons to leave a clip out of a store. The overview of `prepare` counts the clips of each reason up to its first
# colon; the rest is about a single clip.
NO_FRAMES = "no frames"
NOBODY = "nobody in any frame"
NOBODY_DETECTED = "nobody in it"
NOBODY_LONG_ENOUGH = "no body in 12 frames"
ALL_ZERO = "all zero"
LISTED_AS_MISSING = "in the list of missing skeletons"
NO_SKELETON = "no skeleton (has_skeleton is false)"
DAMAGED = "damaged: "

_MAX_FPS = 1e6
_LONGEST_NAME = 1000  # characters


@dataclass(frozen=True)
class RawClip:
    """A clip read from raw files.

    Args:
        joints: `[M, T, V, C]`, in the units of its dataset.
        frame_mask: `[M, T]` bool, where each body is present; by default, where one of its joints is not zero.
        confidence: `[M, T, V]` in 0 to 1, the tracker's for each joint; None if unknown.
        excluded: reason to leave the clip out of the store, with details after a colon; "" keeps it.
        segments: rows (label, start, end) of an untrimmed recording, in place of those of its dataset.
        identity: `[M]` int64, the source's number of each body, -1 where unknown.
    """

    joints: np.ndarray
    frame_mask: np.ndarray | None = None
    confidence: np.ndarray | None = None
    excluded: str = ""
    segments: np.ndarray | None = None
    identity: np.ndarray | None = None

    @classmethod
    def left_out(cls, reason: str) -> RawClip:
        """Return a clip that is left out of the store, for a reason of this module."""
        return cls(np.zeros((0, 0, 0, 0), np.float32), excluded=reason)

    @property
    def there(self) -> np.ndarray:
        """Presence of each body, `[M, T]` bool."""
        return (self.joints != 0).any(axis=(2, 3)) if self.frame_mask is None else self.frame_mask


@dataclass(frozen=True)
class Split:
    """A division of clips into training and test clips.

    Args:
        name: name of the split, such as `xsub`.
        train: `[N]` bool, the training clips.
        how: description of the rule.
        test: `[N]` bool, the test clips, by default all others. A clip may be in neither.
        has_test: False for a split without test clips.
    """

    name: str
    train: np.ndarray
    how: str
    test: np.ndarray | None = None
    has_test: bool = True

    @property
    def tests(self) -> np.ndarray:
        """The test clips, `[N]` bool."""
        return ~self.train if self.test is None else self.test

    def of(self, clips: np.ndarray) -> Split:
        """Restrict the split to clips by their indices `[n]`."""
        return Split(self.name, self.train[clips], self.how, self.tests[clips], self.has_test)

    def problem(self) -> str:
        """Return the reason why the split is unusable, or ""."""
        sides = {"training": self.train, "test": self.tests} if self.has_test else {"training": self.train}
        for side, clips in sides.items():
            if not clips.any():
                return f"split '{self.name}' leaves no {side} clips: {self.how}"
        return ""


@dataclass(frozen=True)
class RawDataset:
    """Checked names, labels and ids of all clips of a dataset, and a function that reads the clips one at a time.

    A reader makes one, `write_store` turns it into a store. Memory holds one clip at a time.

    Args:
        topology: topology of the clips.
        class_names: names of the labels 0, 1, ...
        name: clip names [N], unique.
        y: labels [N] int64; with segments, -1 is a recording without a single label.
        clips: starts an iteration over the clips of a slice, by default all, in order, with joints in `units`. It reads
            no others where it can, so that several machines prepare a share each.
        unit: unit of the files: one of `METRES`, or `px` / `normalised` for coordinates that are not lengths.
        fps: frames a second.
        source: title of the dataset.
        subject, camera, setup: ids [N], int or str, or None if unknown; a single unknown one is -1 or "".
        splits: published or given splits.
        preprocessing: changes of the coordinates by `clips` other than their unit.
        segments: rows (label, start, end) [S, 3] of each untrimmed recording, the end exclusive.
        notes: notes on the reading of the files.
        finish: called when the store is complete, with the indices [n] of the clips that were kept; returns notes.

    Raises:
        DataError: arrays have different lengths, a label has no class name, or a clip name occurs twice or is not valid
            text.
    """

    topology: Topology
    class_names: list[str]
    name: list[str]
    y: np.ndarray
    clips: Callable[..., Iterator[RawClip]]
    unit: str
    fps: float
    source: str
    subject: np.ndarray | None = None
    camera: np.ndarray | None = None
    setup: np.ndarray | None = None
    splits: Sequence[Split] = ()
    preprocessing: str = ""
    segments: list[np.ndarray] | None = None
    notes: list[str] = field(default_factory=list)
    finish: Callable[[np.ndarray], list[str]] | None = None

    def __post_init__(self) -> None:
        try:
            self._check_lengths()
            self._check_ids()
            self._check_names()
            self._check_labels()
            if not 0 < self.fps < _MAX_FPS:
                raise DataError(f"fps must be a positive number of frames a second, found {self.fps}")
        except DataError as error:
            raise DataError(f"'{self.source}': {error}") from None

    def _check_lengths(self) -> None:
        if not self.name:
            raise DataError("it holds no clip")
        columns = {f"'{key}'": getattr(self, key) for key in ("y", *IDS)}
        columns |= {f"split '{split.name}'": side for split in self.splits for side in (split.train, split.tests)}
        for key, values in columns.items():
            if values is not None and np.shape(values) != (len(self),):
                raise DataError(f"{key} must be one value per clip, [{len(self)}], found {list(np.shape(values))}")
        if self.segments is not None and len(self.segments) != len(self):
            raise DataError(f"segments must be one array per clip, {len(self)}, found {len(self.segments)}")

    def _check_ids(self) -> None:
        for key in IDS:
            values = getattr(self, key)
            if values is not None and values.dtype.kind not in "iuU":
                raise DataError(f"'{key}' must be integers or text, found {values.dtype}")
            if values is not None and values.dtype.kind == "u" and values.max() > LARGEST_ID:
                i = int(values.argmax())
                raise DataError(f"clip '{self.name[i]}' has the {key} {values[i]}, expected at most {LARGEST_ID}")

    def _check_names(self) -> None:
        seen: dict[str, int] = {}
        for i, name in enumerate(self.name):
            if len(name) > _LONGEST_NAME:
                found = f"{len(name)} characters, expected at most {_LONGEST_NAME}: '{name[:60]}...'"
                raise DataError(f"the name of clip {i} has {found}")
            if seen.setdefault(name, i) != i:
                raise DataError(f"clip name '{name}' is used twice, by clips {seen[name]} and {i}")
            # File names may be any bytes, but names in a store are text.
            if "\0" in name or (not name.isascii() and name.encode("utf-8", "ignore").decode() != name):
                raise DataError(f"clip name {name!r} is not valid text: expected the name of clip {i} in UTF-8")

    def _check_labels(self) -> None:
        lowest = -1 if any(map(len, self.segments or [])) else 0
        outside = np.flatnonzero((self.y < lowest) | (self.y >= len(self.class_names)))
        if len(outside):
            i, classes = outside[0], len(self.class_names)
            expected = f"{lowest} to {classes - 1} for {classes} class names ({len(outside)} such clips)"
            raise DataError(f"clip '{self.name[i]}' has label {self.y[i]}, expected {expected}")

    def __len__(self) -> int:
        return len(self.name)

    @property
    def units(self) -> str:
        """Unit of joints in the clips, `m` for files in a unit of length, else that of the files."""
        return "m" if self.unit in METRES else self.unit

    def labels(self, clips: np.ndarray) -> set[int]:
        """Return the labels of the clips of some indices [n] and of their segments."""
        own = set(self.y[clips].tolist()) - {-1}
        return own.union(*(self.segments[i][:, 0].tolist() for i in clips)) if self.segments is not None else own

    def ids(self, key: str) -> np.ndarray:
        """Return `subject`, `camera` or `setup` as int64 [N], -1 where unknown; text is numbered in sorted order."""
        values = getattr(self, key)
        if values is None:
            return np.full(len(self), -1, np.int64)
        if values.dtype.kind in "iu":
            return values.astype(np.int64)
        known = np.unique(values[values != ""])
        return np.where(values == "", -1, np.searchsorted(known, values))
