"""Reader of a *ragged npz*: all frames of a dataset in one array, clip i at `x[offsets[i]:offsets[i + 1]]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.npz_file import NpzMember
from skgraph.datasets.formats.text_file import is_valid_unicode
from skgraph.datasets.preparation.published_splits import given_split
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, IDS, LARGEST_ID, RawClip, RawDataset
from skgraph.datasets.readers.reader import check_joints, check_numbers, open_topology, to_float32
from skgraph.errors import BROKEN_ARCHIVE, DataError, first_line
from skgraph.topology import Topology

_REQUIRED = ("x", "offsets", "name")
_LABELS = ("y", "class_names")
_SEGMENTS = ("segment_clip", "segment_label", "segment_start", "segment_end")
_SCALARS = ("fps", "unit", "source", "license")
_INTEGERS = ("offsets", "y", *_SEGMENTS)
_VECTORS = ("name", "class_names", "joint_names", *_INTEGERS)


def read_npz(
    source: str | Path,
    topology: str | Topology,
    unit: str | None = None,
    fps: float | None = None,
    ignore_joint_names: bool = False,
    labelled: bool = True,
) -> RawDataset:
    """Open a ragged npz and check all but its frames, which stream from the file when the clips are read.

    Arrays: `x [sum of T, M, V, C]` integer or float, `offsets [N + 1]`, `y [N]` integer, `name [N]`, `class_names`;
    optional `subject`, `camera`, `setup` and `split` `[N]`, `joint_names [V]`, `fps`, `unit`, `source`, `license`.
    Others are ignored. Nothing is unpickled. Joints in another order than the topology's are reordered by name.

    A file of untrimmed recordings also has `segment_clip`, `segment_label`, `segment_start` and `segment_end` `[S]`
    integer: the index of a clip, and label, first frame (from 0) and the frame after the last of an action in it.
    Segments may overlap and come in any order. `y` is then -1 where no single label fits.

    Args:
        source: the file.
        topology: a topology, its name, or the path of its file.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default that of the file.
        fps: frames a second; by default that of the file.
        ignore_joint_names: take the joints in the file's order, whatever their names.
        labelled: False ignores `y`, `class_names` and segments, which may then be absent.

    Raises:
        DataError: the file is missing, broken, pickled or inconsistent, or does not fit the topology.
    """
    path = Path(source).expanduser()
    topology = open_topology(topology)
    arrays = _read_all_but_x(path, labelled)
    x = NpzMember.of(path, "x")
    check_numbers(x.dtype, f"'{path}': array 'x'")
    if len(x.shape) != 4:
        raise DataError(f"'{path}': array 'x' must be [frames, bodies, joints, coordinates], found {list(x.shape)}")
    check_joints(x.shape, topology, f"'{path}': array 'x'")
    names = [str(name) for name in arrays["name"]]
    lengths = _lengths(path, arrays["offsets"], names, x.shape[0])
    scalars = {key: arrays[key].item() for key in _SCALARS if key in arrays and arrays[key].size}
    unit = scalars.get("unit") if unit is None else unit
    if unit is None:
        raise DataError(f"'{path}' has no unit: give unit=m, unit=cm or unit=mm")
    scale = unit_factor(str(unit), topology)
    fps = scalars.get("fps") if fps is None else fps
    if fps is None:
        raise DataError(f"'{path}' has no frame rate: give it, such as fps=30")
    if isinstance(fps, bool) or not isinstance(fps, (int, float, np.number)):
        raise DataError(f"'{path}': the frame rate must be a number above 0, found '{fps}'")
    order, notes = None, []
    if "joint_names" in arrays and not ignore_joint_names:
        order = _order(path, [str(joint) for joint in arrays["joint_names"]], topology)
        if order is not None:
            moved = sum(i != v for v, i in enumerate(order))
            notes.append(f"{moved} joints were moved, by name, to the order of topology '{topology.name}'")
    elif "joint_names" not in arrays:
        notes.append(f"the file names no joints: taken in the order of topology '{topology.name}'")
    y, class_names = np.zeros(len(names), np.int64), ["unlabelled"]
    if labelled:
        y, class_names = arrays["y"].astype(np.int64), _class_names(path, arrays["class_names"])
    about = [str(scalars[key]) for key in ("source", "license") if key in scalars]

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for frames in islice(x.pieces(lengths), part.start, part.stop):
            frames = frames if order is None else frames[:, :, order]
            yield RawClip(to_float32(frames, scale).swapaxes(0, 1))

    return RawDataset(
        topology=topology,
        class_names=class_names,
        name=names,
        y=y,
        clips=clips,
        unit=str(unit),
        fps=float(fps),
        source="; licence: ".join(about) or path.name,
        segments=_segments(path, arrays, len(names)),
        notes=notes,
        splits=[given_split(arrays["split"], names)] if "split" in arrays else [],
        **{key: arrays[key] for key in IDS if key in arrays},
    )


def _read_all_but_x(path: Path, labelled: bool) -> dict[str, Any]:
    """Read the arrays that are used; labels and segments only where clips are labelled."""
    required = (*_REQUIRED, *_LABELS) if labelled else _REQUIRED
    used = {*_VECTORS, *_SCALARS, *IDS, "split"} - set(() if labelled else (*_LABELS, *_SEGMENTS))
    arrays = {}
    for key in check_npz(path, required):
        member = NpzMember.of(path, key)
        if member.dtype.hasobject:
            raise DataError(
                f"'{path}': array '{key}' is a pickled object, which is never read: save numbers, and text by "
                "np.array(..., dtype=str)"
            )
        if key in used:
            arrays[key] = _checked(f"'{path}': array '{key}'", key, member.read())
    return arrays


def check_npz(path: Path, required: Sequence[str]) -> list[str]:
    """Return the names of the arrays in an npz without reading them.

    Raises:
        DataError: the file is missing or no complete npz, lacks an array, or has one twice.
    """
    if not path.is_file():
        raise DataError(f"no file at '{path}': expected an npz with the arrays {', '.join(required)}")
    try:
        archive = np.load(path, allow_pickle=False)
    except BROKEN_ARCHIVE as error:
        problem = "is not a complete npz file (truncated, or another format)"
        raise DataError(f"'{path}' {problem}: {first_line(error)}") from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise DataError(f"'{path}' holds a single array, expected an npz with the arrays {', '.join(required)}")
    with archive:
        if missing := [key for key in required if key not in archive]:
            found = ", ".join(archive.files) or "none"
            raise DataError(f"'{path}' lacks the arrays {', '.join(missing)}; it has {found}")
        members = archive.zip.namelist() if archive.zip else []
        keys = [key for key in archive.files if f"{key}.npy" in members]
    if twice := [key for key in keys if members.count(f"{key}.npy") > 1]:
        raise DataError(f"'{path}' has the array '{twice[0]}' twice")
    return keys


def _checked(where: str, key: str, values: np.ndarray) -> np.ndarray:
    """Return an array, text decoded, if it has the right kind and a store can hold it."""
    if key in _VECTORS and values.ndim != 1:
        raise DataError(f"{where} must have one dimension, found shape {list(values.shape)}")
    if key in _SCALARS and values.size > 1:
        raise DataError(f"{where} must hold one value, found shape {list(values.shape)}")
    if key in _INTEGERS and values.dtype.kind not in "iu":
        raise DataError(f"{where} must hold integers, found {values.dtype}")
    if values.dtype.kind == "u" and values.size and values.max() > LARGEST_ID:
        raise DataError(f"{where} holds {values.max()}, expected integers of at most {LARGEST_ID}")
    try:
        values = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
    except UnicodeDecodeError as error:
        raise DataError(f"{where} is not text in UTF-8: {error}") from error
    if values.dtype.kind == "U" and not is_valid_unicode(values):
        raise DataError(f"{where} is not valid unicode")
    return values


def _class_names(path: Path, values: np.ndarray) -> list[str]:
    label_of: dict[str, int] = {}
    for label, name in enumerate(map(str, values)):
        if not name.strip():
            raise DataError(f"'{path}': array 'class_names' must name every class, found '{name}' for label {label}")
        if (first := label_of.setdefault(name, label)) != label:
            raise DataError(f"'{path}': array 'class_names' has '{name}' twice, for the labels {first} and {label}")
    return list(label_of)


def _lengths(path: Path, offsets: np.ndarray, names: list[str], frames: int) -> np.ndarray:
    """Return the number of frames of each clip."""
    where = f"'{path}': array 'offsets' must"
    if len(offsets) != len(names) + 1:
        raise DataError(f"{where} hold {len(names) + 1} integers, one more than the clips; found {len(offsets)}")
    offsets = offsets.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != frames:
        raise DataError(f"{where} run from 0 to {frames}, the length of 'x'; found {offsets[0]} to {offsets[-1]}")
    lengths = np.diff(offsets)
    if (lengths < 0).any():
        i = int(np.argmax(lengths < 0))
        raise DataError(f"{where} not decrease, found {offsets[i + 1]} after {offsets[i]} at clip '{names[i]}'")
    return lengths


def _segments(path: Path, arrays: dict[str, np.ndarray], clips: int) -> list[np.ndarray] | None:
    """Return rows (label, start, end) of each clip in the file's order, None without segments; a store checks them."""
    missing = [key for key in _SEGMENTS if key not in arrays]
    if len(missing) == len(_SEGMENTS):
        return None
    if missing:
        raise DataError(f"'{path}' has segments, but lacks the arrays {', '.join(missing)}")
    count = len(arrays["segment_clip"])
    for key in _SEGMENTS:
        if len(arrays[key]) != count:
            raise DataError(f"'{path}': array '{key}' must hold {count} integers, found {len(arrays[key])}")
    clip, *columns = (arrays[key].astype(np.int64) for key in _SEGMENTS)
    if (outside := np.flatnonzero((clip < 0) | (clip >= clips))).size:
        i = outside[0]
        raise DataError(f"'{path}': segment {i} is in clip {clip[i]}, expected 0 to {clips - 1}")
    order = np.argsort(clip, kind="stable")
    return np.split(np.stack(columns, axis=1)[order], np.searchsorted(clip[order], np.arange(1, clips)))


def _order(path: Path, found: list[str], topology: Topology) -> list[int] | None:
    """Return the index of each joint of the topology in the file; None where the order is the same."""
    # Letter case and punctuation are ignored unless that would confuse two joints.
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
