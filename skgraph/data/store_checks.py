"""Consistency checks of a store on disk, vectorised: 100,000 clips take milliseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from skgraph.errors import StoreError
from skgraph.topology import Topology

PER_CLIP = ("y", "subject", "camera", "setup", "length")
PER_TRACK = ("track_row", "track_first", "track_length")
_LONGEST = 2**40  # frames
PER_SEGMENT = ("segment_label", "segment_start", "segment_end")
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
        StoreError: the first thing that does not fit, with expected and found.
    """

    def expect(good: bool | np.bool, what: str, found: object) -> None:
        if not good:
            raise StoreError(f"store '{where}' is inconsistent: expected {what}, found {found}")

    classes = meta["class_names"]
    fits: bool | np.bool = (
        isinstance(classes, list) and len(classes) > 0 and all(isinstance(name, str) for name in classes)
    )
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
    sizes = dict.fromkeys(PER_CLIP, clips) | dict.fromkeys(PER_TRACK, tracks) | {"body_ptr": clips + 1}
    for key, size in sizes.items():
        array = index[key]
        expect(array.shape == (size,) and array.dtype == np.int64, f"{key} as {size} int64", _kind(array))
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
        for key, size in ({"segment_ptr": clips + 1} | dict.fromkeys(PER_SEGMENT, segments)).items():
            array = index[key]
            expect(array.shape == (size,) and array.dtype == np.int64, f"{key} as {size} int64", _kind(array))
        fits = pointer[0] == 0 and pointer[-1] == segments and _within(pointer, segments)
        fits = fits and (np.diff(pointer) >= 0).all()
        expect(fits, f"segment_ptr that never falls, from 0 to {segments}", f"{pointer[0]} .. {pointer[-1]}")
        expect(
            label.min() >= 0 and label.max() < len(classes),
            f"segments with labels 0 .. {len(classes) - 1}",
            f"{label.min()} .. {label.max()}",
        )
        frames_of = length[np.repeat(np.arange(clips), np.diff(pointer))]
        good = (start >= 0).all() and (start < end).all() and (end <= frames_of).all()
        expect(good, "segments within their clips' frames, each ending after its start", "others")
    for key, array in index.items():
        if key.startswith("split_"):
            check_split_name(key[6:], f"store '{where}'")
            good = array.shape == (clips,) and array.dtype == np.int8 and array.min() >= -1 and array.max() <= 1
            expect(good, f"{key} as {clips} numbers -1, 0 or 1", _kind(array))
            expect((array == 0).any() and (array == 1).any(), f"clips in both parts of {key}", "an empty part")


def _within(numbers: np.ndarray, most: int) -> bool:
    return bool(numbers.min() >= 0 and numbers.max() <= most)


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype}{array.shape}"
