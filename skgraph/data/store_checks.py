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


def check_description(where: str, meta: Mapping[str, Any], index: Mapping[str, np.ndarray]) -> None:
    """Check the description of a store, and the sizes of its index; no array is read.

    Args:
        where: the store's folder, for messages.
        meta: content of ``meta.yaml``.
        index: the arrays of ``index``.

    Raises:
        StoreError: the first inconsistency, with expected and found.
    """

    def expect(good: Any, what: str, found: object) -> None:
        _expect(where, good, what, found)

    classes, splits = meta["class_names"], meta["splits"]
    fits: Any = isinstance(classes, list) and classes and all(isinstance(name, str) for name in classes)
    expect(fits, "a list of texts as class_names", repr(classes)[:80])
    fits = isinstance(splits, dict) and all(isinstance(name, str) for name in splits)
    expect(fits, "a mapping of splits", repr(splits)[:80])
    expect(isinstance(meta["content_hash"], str), "a text as content_hash", repr(meta["content_hash"])[:80])
    fps, done = meta.get("fps", 30.0), meta.get("preprocessing", "none")
    expect(type(fps) in (int, float) and 0 < fps < 1e6, "a number of frames a second as fps", repr(fps)[:80])
    expect(isinstance(done, str), "a text as preprocessing", repr(done)[:80])
    for key in ("clips", "bodies", "max_bodies", "rows"):
        expect(type(meta[key]) is int and meta[key] > 0, f"a number of {key} above 0", repr(meta[key])[:80])
    shards = meta.get("shards", [meta["rows"]])
    fits = isinstance(shards, list) and all(type(rows) is int and rows > 0 for rows in shards)
    expect(fits and sum(shards) == meta["rows"], f"shards of {meta['rows']} rows in all", repr(shards)[:80])
    share = meta.get("share", {"number": 1, "of": 1, "dataset": ""})
    fits = isinstance(share, dict) and [type(share.get(key)) for key in ("number", "of", "dataset")] == [int, int, str]
    fits = fits and 1 <= share["number"] <= share["of"] < 10**6
    expect(fits, "number, of and dataset of the share", repr(share)[:80])
    clips, tracks = meta["clips"], meta["bodies"]
    sizes = dict.fromkeys(PER_CLIP, clips) | dict.fromkeys(PER_TRACK, tracks)
    sizes |= {"body_ptr": clips + 1, "name_ptr": clips + 1}
    if {"segment_ptr", *PER_SEGMENT} & set(index):
        segments = index["segment_label"].size if "segment_label" in index else 1
        expect(segments > 0, "segments where there is a segment_ptr", "none")
        sizes |= {"segment_ptr": clips + 1} | dict.fromkeys(PER_SEGMENT, segments)
    if "identity" in index:
        sizes["identity"] = tracks
    sides = [f"split_{name}" for name in splits]
    if lacking := {*sizes, *sides, "name"} - set(index):
        raise StoreError(f"the index of store '{where}' lacks {', '.join(sorted(lacking))}: prepare the store again")
    for key, size in sizes.items():
        array = index[key]
        expect(array.shape == (size,) and array.dtype == np.int64, f"{key} as {size} int64", _kind(array))
    for name, key in zip(splits, sides, strict=True):
        check_split_name(name, f"store '{where}'")
        fits = index[key].shape == (clips,) and index[key].dtype == np.int8
        expect(fits, f"{key} as {clips} numbers -1, 0 or 1", _kind(index[key]))
    text = index["name"]
    expect(text.ndim == 1 and text.dtype == np.uint8, "the bytes of the names", _kind(text))


def check_index(where: str, meta: Mapping[str, Any], index: Mapping[str, np.ndarray]) -> None:
    """Check the numbers of a store's index against each other, reading all of it.

    Args:
        where, meta, index: see :func:`check_description`, which comes first.

    Raises:
        StoreError: the first inconsistency, with expected and found.
    """

    def expect(good: Any, what: str, found: object) -> None:
        _expect(where, good, what, found)

    def expect_pointer(key: str, end: int, rise: int, how: str) -> None:
        pointer = index[key]
        fits = pointer[0] == 0 and pointer[-1] == end and _within(pointer, end) and (np.diff(pointer) >= rise).all()
        expect(fits, f"{key} that {how} from 0 to {end}", f"{pointer[0]} .. {pointer[-1]}")

    classes, clips, tracks, rows = len(meta["class_names"]), meta["clips"], meta["bodies"], meta["rows"]
    y, length = index["y"], index["length"]
    row, first, count = (index[key] for key in PER_TRACK)
    # -1 labels a recording of several actions.
    lowest = -1 if "segment_ptr" in index else 0
    fits: Any = lowest <= y.min() and y.max() < classes
    expect(fits, f"labels {lowest} .. {classes - 1}", f"{y.min()} .. {y.max()}")
    expect_pointer("body_ptr", tracks, 1, "rises")
    expect_pointer("name_ptr", index["name"].size, 0, "never falls,")
    bodies = np.diff(index["body_ptr"])
    expect(bodies.max() == meta["max_bodies"], f"at most {meta['max_bodies']} bodies", bodies.max())
    # No sums: those of damaged numbers overflow.
    expect(_within(length, _LONGEST), f"clips of 0 to {_LONGEST} frames", f"{length.min()} .. {length.max()}")
    fits = (count > 0).all() and _within(count, rows) and (row >= 0).all() and (row <= rows - count).all()
    expect(fits, f"bodies within {rows} rows", "others")
    if shards := meta.get("shards"):
        ends = np.cumsum(shards)
        fits = (np.searchsorted(ends, row, "right") == np.searchsorted(ends, row + count - 1, "right")).all()
        expect(fits, f"each body within one of {len(ends)} files", "others")
    owner = np.repeat(np.arange(clips), bodies)
    expect((first >= 0).all() and (first <= length[owner] - count).all(), "bodies within their clips' frames", "others")
    if "identity" in index:
        expect((index["identity"] >= -1).all(), "identities from -1 on", index["identity"].min())
    if "segment_ptr" in index:
        pointer, label, start, end = (index[key] for key in ("segment_ptr", *PER_SEGMENT))
        expect_pointer("segment_ptr", label.size, 0, "never falls,")
        fits = label.min() >= 0 and label.max() < classes
        expect(fits, f"segments with labels 0 .. {classes - 1}", f"{label.min()} .. {label.max()}")
        frames_of = length[np.repeat(np.arange(clips), np.diff(pointer))]
        fits = (start >= 0).all() and (start < end).all() and (end <= frames_of).all()
        expect(fits, "segments within their clips' frames, each ending after its start", "others")
    for name in meta["splits"]:
        sides = index[f"split_{name}"]
        fits = sides.min() >= -1 and sides.max() <= 1
        expect(fits, f"split_{name} as {clips} numbers -1, 0 or 1", f"{sides.min()} .. {sides.max()}")
        # A share may have the test clips alone.
        expect("share" in meta or (sides == 0).any(), f"training clips of split_{name}", "none")


def _expect(where: str, good: Any, what: str, found: object) -> None:
    if not good:
        raise StoreError(f"store '{where}' is inconsistent: expected {what}, found {found}")


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
