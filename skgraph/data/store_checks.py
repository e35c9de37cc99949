"""Checks of a store on disk, vectorised: 100,000 clips take milliseconds; and of a clip that enters a store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from skgraph.errors import StoreError
from skgraph.topology import Topology

PER_CLIP = ("y", "subject", "camera", "setup", "length")
PER_TRACK = ("track_row", "track_first", "track_length")
PER_SEGMENT = ("segment_label", "segment_start", "segment_end")
_LONGEST = 2**40  # frames
# A split's name becomes part of a folder's name.
SPLIT_NAME = re.compile(r"[\w.+-]*\w[\w.+-]*")


def check_split_name(name: str, where: str) -> None:
    """Raise a StoreError unless ``name`` can be part of a folder's name."""
    if not SPLIT_NAME.fullmatch(name):
        raise StoreError(f"{where}: a split's name may hold letters, digits and . _ + - only, found '{name}'")


def check_store(
    where: str,
    meta: Mapping[str, Any],
    topology: Topology,
    index: Mapping[str, np.ndarray],
    frames: np.ndarray,
    present: np.ndarray,
    confidence: np.ndarray | None,
) -> None:
    """Compare description, index and frames with each other.

    Args:
        where: the store's folder, for messages.
        meta: content of ``meta.yaml``.
        topology: its topology.
        index: the arrays of ``index.npz``, without the names.
        frames: mapped ``frames.npy``, not read here.
        present: mapped ``present.npy``, not read here.
        confidence: mapped ``confidence.npy``, not read here; ``None`` where the store has none.

    Raises:
        StoreError: the first inconsistency, with expected and found.
    """

    def expect(good: Any, what: str, found: object) -> None:
        if not good:
            raise StoreError(f"store '{where}' is inconsistent: expected {what}, found {found}")

    def expect_int64(sizes: Mapping[str, int]) -> None:
        for key, size in sizes.items():
            array = index[key]
            expect(array.shape == (size,) and array.dtype == np.int64, f"{key} as {size} int64", _kind(array))

    classes = meta["class_names"]
    fits: Any = isinstance(classes, list) and classes and all(isinstance(name, str) for name in classes)
    expect(fits, "a list of texts as class_names", repr(classes)[:80])
    expect(isinstance(meta["splits"], dict), "a mapping of splits", repr(meta["splits"])[:80])
    expect(isinstance(meta["content_hash"], str), "a text as content_hash", repr(meta["content_hash"])[:80])
    fps, done = meta.get("fps", 30.0), meta.get("preprocessing", "none")
    expect(type(fps) in (int, float) and 0 < fps < 1e6, "a number of frames a second as fps", repr(fps)[:80])
    expect(isinstance(done, str), "a text as preprocessing", repr(done)[:80])
    for key in ("clips", "bodies", "rows"):
        expect(type(meta[key]) is int and meta[key] > 0, f"a number of {key} above 0", repr(meta[key])[:80])
    clips, tracks, rows = meta["clips"], meta["bodies"], meta["rows"]
    shape = (rows, topology.num_joints, topology.dim)
    expect(frames.shape == shape, f"frames of shape {shape}", frames.shape)
    expect(frames.dtype in (np.float32, np.float16), "frames in float32 or float16", frames.dtype)
    expect(present.shape == (rows,) and present.dtype == bool, f"present as {rows} bool", _kind(present))
    if confidence is not None:
        fits = confidence.shape == shape[:2] and confidence.dtype == np.uint8
        expect(fits, f"confidence as {shape[:2]} uint8", _kind(confidence))
    expect_int64(dict.fromkeys(PER_CLIP, clips) | dict.fromkeys(PER_TRACK, tracks) | {"body_ptr": clips + 1})
    y, length, pointer = index["y"], index["length"], index["body_ptr"]
    row, first, count = (index[key] for key in PER_TRACK)
    # -1 labels a recording of several actions.
    lowest = -1 if "segment_ptr" in index else 0
    fits = lowest <= y.min() and y.max() < len(classes)
    expect(fits, f"labels {lowest} .. {len(classes) - 1}", f"{y.min()} .. {y.max()}")
    fits = pointer[0] == 0 and pointer[-1] == tracks and _within(pointer, tracks) and (np.diff(pointer) > 0).all()
    expect(fits, f"body_ptr that rises from 0 to {tracks}", f"{pointer[0]} .. {pointer[-1]}")
    # No sums: those of damaged numbers overflow.
    expect(_within(length, _LONGEST), f"clips of 0 to {_LONGEST} frames", f"{length.min()} .. {length.max()}")
    fits = (count > 0).all() and _within(count, rows) and (row >= 0).all() and (row <= rows - count).all()
    expect(fits, f"bodies within {rows} rows", "others")
    owner = np.repeat(np.arange(clips), np.diff(pointer))
    expect((first >= 0).all() and (first <= length[owner] - count).all(), "bodies within their clips' frames", "others")
    if "segment_ptr" in index:
        pointer, label, start, end = (index[key] for key in ("segment_ptr", *PER_SEGMENT))
        segments = label.size
        expect(segments > 0, "segments where there is a segment_ptr", "none")
        expect_int64({"segment_ptr": clips + 1} | dict.fromkeys(PER_SEGMENT, segments))
        fits = pointer[0] == 0 and pointer[-1] == segments and _within(pointer, segments)
        fits = fits and (np.diff(pointer) >= 0).all()
        expect(fits, f"segment_ptr that never falls, from 0 to {segments}", f"{pointer[0]} .. {pointer[-1]}")
        fits = label.min() >= 0 and label.max() < len(classes)
        expect(fits, f"segments with labels 0 .. {len(classes) - 1}", f"{label.min()} .. {label.max()}")
        frames_of = length[np.repeat(np.arange(clips), np.diff(pointer))]
        fits = (start >= 0).all() and (start < end).all() and (end <= frames_of).all()
        expect(fits, "segments within their clips' frames, each ending after its start", "others")
    for key, array in index.items():
        if key.startswith("split_"):
            check_split_name(key[6:], f"store '{where}'")
            fits = array.shape == (clips,) and array.dtype == np.int8 and array.min() >= -1 and array.max() <= 1
            expect(fits, f"{key} as {clips} numbers -1, 0 or 1", _kind(array))
            expect((array == 0).any(), f"training clips of {key}", "none")


def _within(numbers: np.ndarray, most: int) -> bool:
    return bool(numbers.min() >= 0 and numbers.max() <= most)


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype}{array.shape}"


def check_shape(joints: np.ndarray, topology: Topology, name: str) -> None:
    """Raise a StoreError unless joints are ``[M, T, V, C]`` of a topology."""
    expected = (topology.num_joints, topology.dim)
    if joints.ndim != 4 or joints.shape[2:] != expected:
        raise StoreError(
            f"clip '{name}': expected joints [M, T, {expected[0]}, {expected[1]}] for topology "
            f"'{topology.name}', found {list(joints.shape)}"
        )


def as_stored(joints: np.ndarray, present: np.ndarray, dtype: np.dtype, topology: Topology, name: str) -> np.ndarray:
    """Convert joints ``[M, T, V, C]`` to the store's dtype.

    Raises:
        StoreError: a number of a present body is not finite, or too large for that dtype.
    """
    with np.errstate(over="ignore"):
        stored = joints.astype(dtype)
    bad = ~np.isfinite(stored) & present[:, :, None, None]
    if bad.any():
        body, frame, joint, _ = np.argwhere(bad)[0]
        raise StoreError(
            f"clip '{name}': body {body}, frame {frame}, joint '{topology.joints[joint]}' is "
            f"{joints[body, frame, joint].tolist()}, expected finite {dtype} numbers"
        )
    return stored


def checked_confidence(confidence: np.ndarray, present: np.ndarray, topology: Topology, name: str) -> np.ndarray:
    """Convert confidence to uint8 ``[M, T, V]``, 255 for 1."""
    expected = (*present.shape, topology.num_joints)
    if confidence.shape != expected:
        raise StoreError(f"clip '{name}': confidence must be {list(expected)}, found {list(confidence.shape)}")
    good = (confidence >= 0) & (confidence <= 1)  # not of NaN
    if not good[present].all():
        body, frame, joint = np.argwhere(~good & present[..., None])[0]
        raise StoreError(
            f"clip '{name}': body {body}, frame {frame}, joint '{topology.joints[joint]}' has the confidence "
            f"{confidence[body, frame, joint]}, expected 0 to 1"
        )
    return np.rint(255 * np.where(good, confidence, 0)).astype(np.uint8)


def checked_segments(segments: np.ndarray, classes: int, frames: int, name: str) -> np.ndarray:
    """Convert the segments of a clip to int64 ``[S, 3]``."""
    if segments.shape == (0,):
        return np.zeros((0, 3), np.int64)
    if segments.ndim != 2 or segments.shape[1] != 3 or segments.dtype.kind not in "iu":
        raise StoreError(
            f"clip '{name}': segments must be integers [S, 3] (label, start, end), found {segments.dtype} "
            f"{list(segments.shape)}"
        )
    segments = segments.astype(np.int64)
    label, start, end = segments.T
    for good, expected in (
        ((label >= 0) & (label < classes), f"a label 0 .. {classes - 1}"),
        ((start >= 0) & (start < end) & (end <= frames), f"0 <= start < end <= {frames}, its frames"),
    ):
        if not good.all():
            i = int(np.argmin(good))
            raise StoreError(
                f"clip '{name}': segment {i} is (label {label[i]}, start {start[i]}, end {end[i]}), expected {expected}"
            )
    return segments
