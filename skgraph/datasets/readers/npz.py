"""Reads a *ragged npz*: all frames of a dataset in one array, clip i at `x[offsets[i]:offsets[i + 1]]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.npz_file import NpzMember
from skgraph.datasets.formats.text_file import is_valid_unicode
from skgraph.datasets.preparation.published_splits import given_split
from skgraph.datasets.preparation.units import store_unit
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import LARGEST_ID, RawDataset
from skgraph.datasets.readers.reader import check_joints, check_numbers, open_topology, to_float32
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line
from skgraph.topology import Topology

_REQUIRED = ("x", "offsets", "y", "name", "class_names")
_SEGMENTS = ("segment_clip", "segment_label", "segment_start", "segment_end")
_OPTIONAL = ("subject", "camera", "setup", "split", "joint_names", "fps", "unit", "source", "license", *_SEGMENTS)


def read_npz(
    source: str | Path,
    topology: str | Topology,
    unit: str | None = None,
    fps: float | None = None,
    ignore_joint_names: bool = False,
    labelled: bool = True,
) -> RawDataset:
    """Open a ragged npz and check all of it but the frames, which stream from the file when the clips are read.

    Arrays: `x [sum of T, M, V, C]` integer or float, `offsets [N + 1]`, `y [N]` integer, `name [N]`, `class_names`;
    optional `subject`, `camera`, `setup` and `split` `[N]`, `joint_names [V]`, `fps`, `unit`, `source`, `license`.
    Others are ignored. Nothing is ever unpickled. Joints in another order than the topology's are reordered by name.

    A file of untrimmed recordings also has `segment_clip`, `segment_label`, `segment_start` and `segment_end` `[S]`
    integer: the number of a clip, and label, first frame and the frame after the last of an action in it, counted from
    the clip's first frame, 0. Segments may overlap and come in any order. `y` is then -1 where no single label fits.

    Args:
        source: the file.
        topology: a topology, its name, or the path of its file.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default what the file says.
        fps: frames a second; by default what the file says.
        ignore_joint_names: take the joints in the file's order, whatever it calls them.
        labelled: whether labels are needed; otherwise `y` and `class_names` may be absent, and do not count.

    Raises:
        DataError: the file is missing, broken, pickled or inconsistent, or does not fit the topology.
    """
    path = Path(source).expanduser()
    topology = open_topology(topology)
    arrays = _read_all_but_x(path, _REQUIRED if labelled else ("x", "offsets", "name"))
    x = NpzMember.of(path, "x")
    check_numbers(x.dtype, f"'{path}': array 'x'")
    if len(x.shape) != 4:
        raise DataError(f"'{path}': array 'x' must be [frames, bodies, joints, coordinates], found {list(x.shape)}")
    check_joints(x.shape, topology, f"'{path}': array 'x'")
    names = [str(name) for name in _one_dimensional(path, arrays, "name")]
    y = _one_dimensional(path, arrays, "y") if labelled else np.zeros(len(names), np.int64)
    if y.dtype.kind not in "iu":
        raise DataError(f"'{path}': array 'y' must hold integer labels, found {y.dtype}")
    lengths = _lengths(path, _one_dimensional(path, arrays, "offsets"), names, x.shape[0])
    unit = _scalar(path, arrays, "unit") if unit is None else unit
    if unit is None:
        raise DataError(f"'{path}' does not say its unit: give unit=m, unit=cm or unit=mm")
    scale, _ = store_unit(str(unit), topology)
    fps = _scalar(path, arrays, "fps") if fps is None else fps
    if fps is None:
        raise DataError(f"'{path}' does not say its frame rate: give fps=30 or what it is")
    if isinstance(fps, bool) or not isinstance(fps, (int, float, np.integer, np.floating)) or not np.isfinite(fps):
        raise DataError(f"'{path}': the frame rate must be a number above 0, found '{fps}'")
    order, notes = None, []
    if "joint_names" in arrays and not ignore_joint_names:
        found = [str(joint) for joint in _one_dimensional(path, arrays, "joint_names")]
        order = _order(path, found, topology)
        if order is not None:
            moved = sum(i != v for v, i in enumerate(order))
            notes.append(f"{moved} joints were moved, by name, to the order of topology '{topology.name}'")
    elif "joint_names" not in arrays:
        notes.append(f"the file names no joints: taken in the order of topology '{topology.name}'")
    class_names = _class_names(path, arrays) if labelled else ["unlabelled"]
    about = [str(value) for key in ("source", "license") if (value := _scalar(path, arrays, key)) is not None]

    def clips() -> Iterator[RawClip]:
        for frames in x.pieces(lengths):
            frames = frames if order is None else frames[:, :, order]
            yield RawClip(to_float32(frames, scale).swapaxes(0, 1))

    return RawDataset(
        topology=topology,
        class_names=class_names,
        name=names,
        y=y.astype(np.int64),
        clips=clips,
        unit=str(unit),
        fps=float(fps),
        source="; licence: ".join(about) or path.name,
        segments=_segments(path, arrays, names, lengths, len(class_names)) if labelled else None,
        notes=notes,
        splits=[given_split(arrays["split"], names)] if "split" in arrays else [],
        **{key: arrays[key] for key in ("subject", "camera", "setup") if key in arrays},
    )


def _read_all_but_x(path: Path, required: tuple[str, ...]) -> dict[str, np.ndarray]:
    arrays = {}
    for key in check_npz(path, required):
        member = NpzMember.of(path, key)
        if member.dtype.hasobject:
            raise DataError(
                f"'{path}': array '{key}' is a pickled object, which is never read: save numbers, and text by "
                "np.array(..., dtype=str)"
            )
        if key in (*_REQUIRED, *_OPTIONAL) and key != "x":
            arrays[key] = _checked(path, key, member.read())
    return arrays


def check_npz(path: Path, required: Sequence[str]) -> list[str]:
    """Return the names of the arrays in an npz, from its directory alone.

    Raises:
        DataError: the file is missing or no complete npz, lacks an array, or has one twice.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected an npz with the arrays {', '.join(required)}")
    try:
        archive = np.load(path, allow_pickle=False)
    except BROKEN_ARCHIVE as error:
        raise DataError(
            f"'{path}' is not a complete npz file (truncated, or another format): {first_line(error)}"
        ) from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"'{path}' holds a single array, expected an npz with the arrays {', '.join(required)}")
    with archive:
        if missing := [key for key in required if key not in archive]:
            found = ", ".join(archive.files) or "none"
            raise DataError(f"'{path}' lacks the arrays {', '.join(missing)}; it has {found}")
        members = archive.zip.namelist()
        keys = [key for key in archive.files if f"{key}.npy" in members]
    if twice := [key for key in keys if members.count(f"{key}.npy") > 1]:
        raise DataError(f"'{path}' has the array '{twice[0]}' twice")
    return keys


def _checked(path: Path, key: str, values: np.ndarray) -> np.ndarray:
    """Return the array, text decoded, if a store can hold it."""
    if values.dtype.kind == "u" and values.size and values.max() > LARGEST_ID:
        raise DataError(f"'{path}': array '{key}' holds {values.max()}, expected integers of at most {LARGEST_ID}")
    try:
        values = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}': array '{key}' is not text in UTF-8: {error}") from error
    if values.dtype.kind == "U" and not is_valid_unicode(values):
        raise DataError(f"'{path}': array '{key}' holds what is no letter")
    return values


def _one_dimensional(path: Path, arrays: dict[str, np.ndarray], key: str) -> np.ndarray:
    if arrays[key].ndim != 1:
        raise DataError(f"'{path}': array '{key}' must have one dimension, found shape {list(arrays[key].shape)}")
    return arrays[key]


def _scalar(path: Path, arrays: dict[str, np.ndarray], key: str) -> object:
    """Return the one value of an array; None where it is absent."""
    values = arrays[key] if key in arrays else np.zeros(0)
    if values.size > 1:
        raise DataError(f"'{path}': array '{key}' must hold one value, found shape {list(values.shape)}")
    return values.item() if values.size else None


def _class_names(path: Path, arrays: dict[str, np.ndarray]) -> list[str]:
    names = [str(name) for name in _one_dimensional(path, arrays, "class_names")]
    seen: dict[str, int] = {}
    for label, name in enumerate(names):
        if not name.strip():
            raise DataError(f"'{path}': array 'class_names' must name every class, found '{name}' for label {label}")
        if (first := seen.setdefault(name, label)) != label:
            raise DataError(f"'{path}': array 'class_names' has '{name}' twice, for the labels {first} and {label}")
    return names


def _lengths(path: Path, offsets: np.ndarray, names: list[str], frames: int) -> np.ndarray:
    if offsets.dtype.kind not in "iu" or len(offsets) != len(names) + 1:
        raise DataError(
            f"'{path}': array 'offsets' must hold {len(names) + 1} integers, one more than the clips; found "
            f"{len(offsets)} of {offsets.dtype}"
        )
    offsets = offsets.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != frames:
        raise DataError(
            f"'{path}': array 'offsets' must run from 0 to {frames}, the length of 'x'; found {offsets[0]} to "
            f"{offsets[-1]}"
        )
    lengths = np.diff(offsets)
    if (lengths < 0).any():
        i = int(np.argmax(lengths < 0))
        raise DataError(
            f"'{path}': array 'offsets' must not decrease, found {offsets[i + 1]} after {offsets[i]} at clip "
            f"'{names[i]}'"
        )
    return lengths


def _segments(
    path: Path, arrays: dict[str, np.ndarray], names: list[str], lengths: np.ndarray, classes: int
) -> list[np.ndarray] | None:
    """Rows (label, start, end) of the segments of each clip, in the file's order; None in a file without segments."""
    missing = [key for key in _SEGMENTS if key not in arrays]
    if len(missing) == len(_SEGMENTS):
        return None
    if missing:
        raise DataError(f"'{path}' has segments, but lacks the arrays {', '.join(missing)}")
    columns = [_one_dimensional(path, arrays, key) for key in _SEGMENTS]
    for key, column in zip(_SEGMENTS, columns, strict=True):
        if column.dtype.kind not in "iu" or len(column) != len(columns[0]):
            raise DataError(
                f"'{path}': array '{key}' must hold {len(columns[0])} integers, one a segment; found {len(column)} of "
                f"{column.dtype}"
            )
    clip, label, start, end = (column.astype(np.int64) for column in columns)
    outside = np.flatnonzero((clip < 0) | (clip >= len(names)))
    if len(outside):
        i = outside[0]
        raise DataError(
            f"'{path}': segment {i} is in clip {clip[i]}, expected 0 to {len(names) - 1} for {len(names)} clips "
            f"({len(outside)} such segments)"
        )
    frames = lengths[clip]
    for bad, expected in (
        ((label < 0) | (label >= classes), f"a label 0 to {classes - 1} for {classes} class names"),
        ((start < 0) | (start >= end) | (end > frames), "0 <= start < end <= {frames}, the frames of the clip"),
    ):
        if bad.any():
            i = int(np.argmax(bad))
            raise DataError(
                f"'{path}': segment {i}, in clip '{names[clip[i]]}', is (label {label[i]}, start {start[i]}, end "
                f"{end[i]}), expected {expected.format(frames=frames[i])} ({bad.sum()} such segments)"
            )
    order = np.argsort(clip, kind="stable")
    rows = np.stack([label, start, end], axis=1)[order]
    return np.split(rows, np.searchsorted(clip[order], np.arange(1, len(names))))


def _order(path: Path, found: list[str], topology: Topology) -> list[int] | None:
    """Return the index of each joint of the topology in the file; None where the order is the same."""
    # Letter case and punctuation are ignored only where that cannot take one joint for another.
    unique = [len({_key(joint) for joint in joints}) == len(joints) for joints in (found, topology.joints)]
    loose = unique[1] and (unique[0] or len(found) != topology.num_joints)
    spelling = _key if loose else str
    keys = [spelling(joint) for joint in found]
    wanted = [spelling(joint) for joint in topology.joints]
    extra = [joint for joint in found if spelling(joint) not in wanted]
    missing = [joint for joint in topology.joints if spelling(joint) not in keys]
    if extra or missing:
        raise DataError(
            f"'{path}' has joints that topology '{topology.name}' has not ({', '.join(extra) or 'none'}), and lacks "
            f"({', '.join(missing) or 'none'}); ignore_joint_names=true takes them in the file's order"
        )
    if len(keys) != len(wanted):
        raise DataError(f"'{path}' names {len(keys)} joints, expected {len(wanted)}, each once")
    return None if keys == wanted else [keys.index(key) for key in wanted]


def _key(joint: str) -> str:
    return "".join(letter for letter in joint.casefold() if letter.isalnum())
