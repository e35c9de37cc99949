"""Writer of a :class:`~skgraph.data.SkeletonStore`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike

from skgraph._internal.atomic import atomic_folder
from skgraph.data.names import Names
from skgraph.data.store import SPLIT_SIDES, SkeletonStore
from skgraph.data.store_checks import (
    PER_CLIP,
    PER_SEGMENT,
    PER_TRACK,
    as_stored,
    check_shape,
    check_split_name,
    checked_confidence,
    checked_segments,
)
from skgraph.data.store_files import FORMAT_VERSION, check_replaceable, close_written, write_description
from skgraph.errors import StoreError
from skgraph.topology import Topology

# Space for the .npy header, which is rewritten with the final number of rows.
_HEADER_BYTES = 128


class StoreWriter:
    """Writes a store clip by clip; the store appears whole or not at all.

    Use as a context manager: leaving it without an error completes the store, leaving it with one removes what was
    written. Memory stays flat, because frames go to disk as they come.

    Args:
        path: the folder to make; where it is a link, the folder that the link leads to.
        topology: the skeleton of every clip.
        class_names: names of the labels ``0 .. len - 1``.
        source: origin of the data, in words.
        units: unit of the coordinates (``"m"`` for 3D data).
        preprocessing: steps that were applied to the coordinates.
        notes: remarks on how the source was read.
        dtype: ``"float32"`` or ``"float16"``, as stored.
        fps: frames a second.
        overwrite: replace an existing store, unless its folder holds other files too.
        share: ``number``, ``of`` and ``dataset`` of a share, see :func:`~skgraph.data.join_shares`; its splits need not
            have training clips.

    Raises:
        StoreError: ``path`` exists, or the disk is full.
    """

    def __init__(
        self,
        path: str | Path,
        topology: Topology,
        class_names: list[str],
        *,
        source: str = "",
        units: str = "m",
        preprocessing: str = "none",
        notes: Sequence[str] = (),
        dtype: str = "float32",
        fps: float = 30.0,
        overwrite: bool = False,
        share: Mapping[str, Any] | None = None,
    ) -> None:
        if dtype not in ("float32", "float16"):
            raise StoreError(f"a store holds 'float32' or 'float16' frames, found dtype '{dtype}'")
        self.path = Path(path)
        self.topology = topology
        self.class_names = [str(name) for name in class_names]
        self.overwrite = overwrite
        self._dtype = np.dtype(dtype)
        self._about: dict[str, Any] = {"source": source, "units": units, "preprocessing": preprocessing}
        self._about["fps"] = float(fps)
        if notes:
            self._about["notes"] = list(notes)
        if share is not None:
            self._about["share"] = dict(share)
        self._clips: list[tuple[int, int, int, int, int]] = []
        self._names: dict[str, int] = {}
        self._tracks: list[tuple[int, int, int]] = []
        self._identities: list[int] = []
        self._bodies: list[int] = []
        self._segments: dict[int, np.ndarray] = {}
        self._splits: dict[str, tuple[np.ndarray, str]] = {}
        self._rows = 0
        self._hash = hashlib.sha256()
        self._has_confidence = False
        self._excluded: list[tuple[str, str]] = []

    def __enter__(self) -> StoreWriter:
        check = partial(check_replaceable, self.path, self.overwrite)
        with ExitStack() as stack:
            try:
                self._folder = stack.enter_context(atomic_folder(self.path, check))
                self._frames, self._present, self._confidence = files = [
                    stack.enter_context(open(self._folder / f"{name}.npy", "wb"))
                    for name in ("frames", "present", "confidence")
                ]
                for file in files:
                    file.write(bytes(_HEADER_BYTES))
            except OSError as error:
                raise StoreError(f"cannot write a store at '{self.path}': {error}") from error
            self._stack = stack.pop_all()
        return self

    def add(
        self,
        joints: np.ndarray,
        *,
        y: int,
        name: str,
        frame_mask: np.ndarray | None = None,
        confidence: np.ndarray | None = None,
        subject: int = -1,
        camera: int = -1,
        setup: int = -1,
        segments: ArrayLike | None = None,
        identity: ArrayLike | None = None,
    ) -> None:
        """Append one clip, or one untrimmed recording with labelled segments.

        Absent frames before a body's first appearance and after its last are not stored, nor are bodies that never
        appear.

        Args:
            joints: ``[M, T, V, C]``.
            y: class label; of a recording with ``segments`` also -1, no single label.
            name: unique name of the clip.
            frame_mask: ``[M, T]`` bool, True where that body is present; all True if not given.
            confidence: ``[M, T, V]`` in 0 to 1, how sure the tracker is of each joint, kept in steps of 1/255. All
                clips of a store have it, or none.
            subject: id of the performer, -1 where unknown (also ``camera`` and ``setup``).
            segments: ``[S, 3]`` integers, rows (label, start, end) in frames of the clip, the end exclusive. They may
                overlap and come in any order, which is kept. ``[]`` is a recording in which nothing is labelled.
            identity: ``[M]`` integers, the source's number of each body, such as that of a tracker; -1 where unknown.

        Raises:
            StoreError: a wrong shape, a value that is not finite, a confidence outside 0 to 1, an unknown label, a
                duplicate name, a segment outside the clip's frames, a clip without any body, or a full disk.
        """
        joints = np.asarray(joints)
        check_shape(joints, self.topology, name)
        present = np.ones(joints.shape[:2], bool) if frame_mask is None else np.asarray(frame_mask, bool)
        if present.shape != joints.shape[:2]:
            raise StoreError(f"clip '{name}': frame_mask must be {list(joints.shape[:2])}, found {list(present.shape)}")
        if not (0 <= y < len(self.class_names) or (y == -1 and segments is not None)):
            hint = " (-1, no single label, is for recordings with segments)" if y == -1 else ""
            raise StoreError(f"clip '{name}': label {y} is outside 0 .. {len(self.class_names) - 1}{hint}")
        if segments is not None:
            segments = checked_segments(np.asarray(segments), len(self.class_names), joints.shape[1], name)
        if name in self._names:
            raise StoreError(f"clip name '{name}' is used twice (clips {self._names[name]} and {len(self._clips)})")
        identity = np.full(len(joints), -1) if identity is None else np.asarray(identity, np.int64)
        if identity.shape != joints.shape[:1] or identity.min() < -1:
            raise StoreError(f"clip '{name}': identity must be {len(joints)} numbers from -1 on, found {identity}")
        bodies = np.flatnonzero(present.any(axis=1))
        if not len(bodies):
            raise StoreError(f"clip '{name}' has no frame with a body in it")
        stored = as_stored(joints, present, self._dtype, self.topology, name)
        if confidence is not None:
            confidence = checked_confidence(np.asarray(confidence), present, self.topology, name)
        if self._clips and self._has_confidence != (confidence is not None):
            here, before = ("no", "has") if confidence is None else ("a", "has none")
            raise StoreError(f"clip '{name}' has {here} confidence of its joints, the clip before it {before}")
        self._has_confidence = confidence is not None
        for body in bodies:
            seen = np.flatnonzero(present[body])
            first, last = int(seen[0]), int(seen[-1])
            there = present[body, first : last + 1]
            rows = np.where(there[:, None, None], stored[body, first : last + 1], 0)
            self._append(self._frames, np.ascontiguousarray(rows, dtype=self._dtype))
            self._append(self._present, there)
            if confidence is not None:
                self._append(self._confidence, np.where(there[:, None], confidence[body, first : last + 1], 0))
            self._tracks.append((self._rows, first, len(there)))
            self._identities.append(int(identity[body]))
            self._rows += len(there)
        self._bodies.append(len(bodies))
        if segments is not None:
            self._segments[len(self._clips)] = segments
        self._names[name] = len(self._clips)
        self._clips.append((int(y), int(subject), int(camera), int(setup), joints.shape[1]))

    def exclude(self, name: str, reason: str) -> None:
        """Record that a clip of the source is not in the store, and why: a line of ``excluded.csv``."""
        self._excluded.append((name, reason))

    def add_split(self, name: str, train: ArrayLike, test: ArrayLike, how: str = "") -> None:
        """Name a split: disjoint clip ids for training and for testing; the test side may be empty.

        Raises:
            StoreError: a clip id is unknown or on both sides, or no clip trains.
        """
        check_split_name(name, f"store '{self.path}'")
        sides = {"train": np.asarray(train, np.int64), "test": np.asarray(test, np.int64)}
        assignment = np.full(len(self._clips), -1, np.int8)
        for side, ids in sides.items():
            if not len(ids) and side == "train" and "share" not in self._about:
                raise StoreError(f"split '{name}' has no clip on its train side")
            if not len(ids):
                continue
            if ids.min() < 0 or ids.max() >= len(self._clips):
                raise StoreError(f"split '{name}' names clip {ids.max()}, the store has {len(self._clips)} clips")
            assignment[ids] = SPLIT_SIDES.index(side)
        both = np.intersect1d(sides["train"], sides["test"])
        if len(both):
            clip = list(self._names)[both[0]]
            raise StoreError(f"split '{name}' has {len(both)} clips in both train and test, '{clip}' first")
        self._splits[name] = (assignment, how)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            with suppress(OSError):  # closing flushes, which fails once more on a full disk
                self._stack.__exit__(kind, error, trace)
            return
        try:
            with self._stack:
                self._finish()
        except OSError as failure:
            raise StoreError(f"cannot write the store '{self.path}': {failure}") from failure

    def _append(self, file: IO[bytes], array: np.ndarray) -> None:
        payload = array.tobytes()
        self._hash.update(payload)
        try:
            file.write(payload)
        except OSError as error:
            raise StoreError(f"cannot write the store '{self.path}': {error}") from error

    def _finish(self) -> None:
        if not self._clips:
            raise StoreError(f"no clip was added to the store '{self.path}'")
        rows, joints = self._rows, self.topology.num_joints
        for file, dtype, size in (
            (self._frames, self._dtype, (rows, joints, self.topology.dim)),
            (self._present, np.dtype(bool), (rows,)),
            (self._confidence, np.dtype(np.uint8), (rows, joints)),
        ):
            file.seek(0)
            file.write(_npy_header(dtype, size))
            close_written(file)
        if not self._has_confidence:
            (self._folder / "confidence.npy").unlink()
        index = dict(zip(PER_CLIP, np.array(self._clips, np.int64).T, strict=True))
        index |= {"name": np.array(list(self._names)), "body_ptr": np.concatenate([[0], np.cumsum(self._bodies)])}
        index |= dict(zip(PER_TRACK, np.array(self._tracks, np.int64).T, strict=True))
        if max(self._identities) >= 0:
            index["identity"] = np.array(self._identities, np.int64)
        index |= {f"split_{name}": assignment for name, (assignment, _) in self._splits.items()}
        index |= self._segment_index(index["y"])
        for key in sorted(index):
            self._hash.update(key.encode() + np.ascontiguousarray(index[key]).tobytes())
        # Hash landmarks under the key of version 0.1, so that a store keeps its hash.
        content = {"means" if key == "landmarks" else key: value for key, value in self.topology.to_dict().items()}
        self._hash.update(repr((content, self.class_names)).encode())
        index["name"], index["name_ptr"] = Names.encode(self._names)
        meta = {
            "format": FORMAT_VERSION,
            "topology": self.topology.to_dict(),
            "class_names": self.class_names,
            **self._about,
            "splits": {name: how for name, (_, how) in self._splits.items()},
            "clips": len(self._clips),
            "bodies": len(self._tracks),
            "max_bodies": max(self._bodies),
            "rows": rows,
            "dtype": str(self._dtype),
            "content_hash": self._hash.hexdigest(),
        }
        write_description(self._folder, meta, index.items(), self._excluded)
        SkeletonStore.open(self._folder, check_all=True)  # a store must be readable before it replaces anything

    def _segment_index(self, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the arrays of the segments; a store without any has none of them."""
        counts = np.zeros(len(y), np.int64)
        counts[list(self._segments)] = [len(segments) for segments in self._segments.values()]
        if not counts.any():
            if (y < 0).any():
                unlabelled = list(self._names)[int(np.argmin(y))]
                raise StoreError(
                    f"clip '{unlabelled}' has the label -1, which needs a store with segments, and no clip of "
                    f"'{self.path}' has any"
                )
            return {}
        columns = np.concatenate(list(self._segments.values())).T.copy()
        pointer = np.concatenate([[0], np.cumsum(counts)])
        return {"segment_ptr": pointer} | dict(zip(PER_SEGMENT, columns, strict=True))


def _npy_header(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """Return a version 1.0 .npy header of exactly ``_HEADER_BYTES`` bytes."""
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    body = text.encode("latin1").ljust(_HEADER_BYTES - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body
