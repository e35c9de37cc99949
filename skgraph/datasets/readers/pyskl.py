"""Reads the annotation pickles of PYSKL and MMAction2, in 2D and 3D."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.exclusion import NOBODY_DETECTED
from skgraph.datasets.formats.ntu.published import ntu_columns
from skgraph.datasets.formats.pickle_file import describe, read_pickle
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.preparation.published_splits import pair_subsets
from skgraph.datasets.preparation.units import store_unit
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset, Split
from skgraph.datasets.readers.reader import check_clip_shape, open_topology, to_float32
from skgraph.errors import DataError, first_three
from skgraph.topology import Topology

_TOPOLOGIES = {(17, 2): "coco_17", (18, 2): "openpose_18", (25, 3): "ntu_rgbd"}
# A heat map's peak is not bounded by 1, and rounding may bring it below 0.
_SCORES = (-0.5, 2.0)


def read_pyskl(
    source: str | Path, topology: str | Topology | None = None, unit: str | None = None, fps: float = 30.0
) -> RawDataset:
    """Open an annotation pickle of PYSKL or MMAction2, by `read_pickle`, which runs nothing that is in it.

    The file is read into memory as a whole, as a pickle must be; clips share that memory. Its format is that of
    `tools/data/README.md` of the repository PYSKL: a dict of `annotations`, a list with a dict a clip, and `split`, a
    dict of lists of clip names; or such a list alone. A clip has `frame_dir` (or `filename`), its name, `label`,
    `keypoint` `[M, T, V, C]` (float16 and float32 occur) and, where given, `total_frames` (which must be T) and
    `keypoint_score` `[M, T, V]`. Other keys, such as `img_shape`, do not count.

    In 2D the files have y down in pixels: y is negated, so that it is up. Scores are the clips' confidence, those of
    heat maps that exceed 1 count as 1; joints of score 0 (without scores, those at 0, 0 in 2D) were not seen, and are
    filled in by `fill_missing`.

    Lists of `split` pair up as `pair_subsets` says (`xsub_train` and `xsub_val` are the split `xsub`); clips in none of
    them are kept. Clips named as those of NTU RGB+D have their subject, camera and setup from the name.

    Args:
        source: the file.
        topology: a topology, its name, or the path of its file; by default `coco_17` of 17 joints in 2D, `openpose_18`
            of 18, and `ntu_rgbd` of 25 joints in 3D.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default `m` in 3D and `px` in 2D.
        fps: frames a second.

    Raises:
        DataError: the file is missing, damaged, wants more than plain data, or does not fit the topology.
    """
    path = Path(source).expanduser()
    annotations, lists = _content(path, read_pickle(path))
    names = _names(path, annotations)
    shape = _checked_keypoint(path, names[0], annotations[0]).shape
    if topology is None:
        topology = _TOPOLOGIES.get(shape[2:])
        if topology is None:
            raise DataError(
                f"'{path}': clip '{names[0]}' has {shape[2]} joints in {shape[3]}D: give topology=NAME (known without "
                "are 17 and 18 joints in 2D, and 25 in 3D)"
            )
    topology = open_topology(topology)
    unit = unit or ("px" if topology.dim == 2 else "m")
    scale, _ = store_unit(unit, topology)
    scored = "keypoint_score" in annotations[0]
    for name, annotation in zip(names, annotations, strict=True):
        _check(path, name, annotation, topology, scored)
    labels = [_label(path, name, annotation) for name, annotation in zip(names, annotations, strict=True)]
    splits, notes = _splits(path, lists, names)

    def clips() -> Iterator[RawClip]:
        for name, annotation in zip(names, annotations, strict=True):
            yield _clip(path, name, annotation, topology, scale)

    done = ["y negated, so that it is up"] if topology.dim == 2 else []
    return RawDataset(
        topology=topology,
        name=names,
        clips=clips,
        unit=unit,
        fps=fps,
        source=path.name,
        splits=splits,
        preprocessing="; ".join(["as annotated by PYSKL or MMAction2", *done]),
        notes=notes,
        **ntu_columns(names, np.array(labels, np.int64), str(path)),
    )


def _content(path: Path, content: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the annotations, and the lists of names of the splits."""
    lists: Any = {}
    annotations = content
    if isinstance(content, dict):
        if "annotations" not in content:
            found = first_three([repr(key)[:40] for key in content]) or "an empty dict"
            raise DataError(f"'{path}' has no 'annotations', expected a dict of those and 'split'; found {found}")
        annotations, lists = content["annotations"], content.get("split", {})
    if not isinstance(annotations, (list, tuple)) or not annotations:
        raise DataError(f"'{path}': annotations must be a list of clips, found {describe(annotations)}")
    if not isinstance(lists, dict):
        raise DataError(f"'{path}': 'split' must be a dict of lists of clip names, found {describe(lists)}")
    return list(annotations), lists


def _names(path: Path, annotations: list[Any]) -> list[str]:
    names = []
    for i, annotation in enumerate(annotations):
        if not isinstance(annotation, dict):
            raise DataError(f"'{path}': annotation {i} must be a dict, found {describe(annotation)}")
        name = annotation.get("frame_dir", annotation.get("filename"))
        if not isinstance(name, str) or not name:
            raise DataError(f"'{path}': annotation {i} needs its name as text in 'frame_dir', found {describe(name)}")
        names.append(name)
    return names


def _checked_keypoint(path: Path, name: str, annotation: Mapping[str, Any]) -> np.ndarray:
    if "keypoint" not in annotation and "raw_file" in annotation:
        raise DataError(
            f"'{path}': clip '{name}' is annotated without its joints, which lie in another file (as those of "
            "Kinetics-400): such files are not read"
        )
    keypoint = annotation.get("keypoint")
    if not isinstance(keypoint, np.ndarray) or keypoint.dtype.kind not in "iuf" or keypoint.ndim != 4:
        raise DataError(
            f"'{path}': 'keypoint' of clip '{name}' must be an array of numbers [bodies, frames, joints, coordinates], "
            f"found {describe(keypoint)}"
        )
    return keypoint


def _check(path: Path, name: str, annotation: Mapping[str, Any], topology: Topology, scored: bool) -> None:
    """Check everything of an annotation but the values of its arrays."""
    keypoint = _checked_keypoint(path, name, annotation)
    where = f"'{path}': clip '{name}'"
    check_clip_shape(keypoint.shape, topology, where)
    frames = keypoint.shape[1]
    total = annotation.get("total_frames", frames)
    if type(total) is not int or total != frames:
        raise DataError(f"{where} has {frames} frames of joints, its 'total_frames' is {describe(total)}")
    if ("keypoint_score" in annotation) != scored:
        raise DataError(f"{where} has {'no' if scored else 'a'} 'keypoint_score', unlike the first clip of the file")
    if scored:
        score = annotation["keypoint_score"]
        if not isinstance(score, np.ndarray) or score.dtype.kind not in "iuf" or score.shape != keypoint.shape[:3]:
            raise DataError(
                f"{where}: 'keypoint_score' must be an array of numbers {list(keypoint.shape[:3])}, found "
                f"{describe(score)}"
            )


def _label(path: Path, name: str, annotation: Mapping[str, Any]) -> int:
    label = annotation.get("label")
    if type(label) is not int or not -(2**62) < label < 2**62:
        raise DataError(f"'{path}': clip '{name}' needs a whole number as its 'label', found {describe(label)}")
    return label


def _splits(path: Path, lists: Mapping[str, Any], names: list[str]) -> tuple[list[Split], list[str]]:
    """Return the splits and notes on them."""
    number_of = {name: i for i, name in enumerate(names)}
    subsets, notes = {}, []
    for part, members in lists.items():
        is_list = isinstance(members, (list, tuple)) or (isinstance(members, np.ndarray) and members.ndim == 1)
        if not isinstance(part, str) or not is_list:
            raise DataError(
                f"'{path}': part {describe(part)} of 'split' must be a list of clip names, found {describe(members)}"
            )
        members = members.tolist() if isinstance(members, np.ndarray) else members
        if strange := [member for member in members if not isinstance(member, str)]:
            raise DataError(f"'{path}': part '{part}' of 'split' must name clips, found {describe(strange[0])}")
        if unknown := [member for member in members if member not in number_of]:
            notes.append(f"part '{part}' names {len(unknown)} clips that the file has not: {first_three(unknown)}")
        subsets[part] = np.zeros(len(names), bool)
        subsets[part][[number_of[member] for member in members if member in number_of]] = True
    splits, unpaired = pair_subsets(subsets, names)
    if unpaired:
        notes.append(f"parts that belong to no split: {', '.join(unpaired)}")
    return splits, notes


def _clip(path: Path, name: str, annotation: Mapping[str, Any], topology: Topology, scale: float) -> RawClip:
    keypoint = annotation["keypoint"]
    if not keypoint.size:
        return RawClip.left_out(NOBODY_DETECTED)
    joints = to_float32(keypoint, scale)
    if topology.dim == 2:
        joints[..., 1] *= -1
    score = annotation.get("keypoint_score")
    if score is None and topology.dim == 3:
        return RawClip(joints)
    seen = (keypoint != 0).any(axis=-1) if score is None else score > 0
    confidence = None
    if score is not None:
        confidence = score.astype(np.float32)
        wrong = ~((confidence >= _SCORES[0]) & (confidence <= _SCORES[1]))  # also where it is no number
        _refuse(wrong, path, name, topology, score, "has the score", "0 to 1")
        confidence = confidence.clip(0, 1)
    _refuse(seen & ~np.isfinite(joints).all(axis=-1), path, name, topology, keypoint, "is at", "finite numbers")
    filled, frame_mask = fill_missing(joints, seen, topology)
    return RawClip(filled, frame_mask, confidence)


def _refuse(
    wrong: np.ndarray, path: Path, name: str, topology: Topology, values: np.ndarray, what: str, expected: str
) -> None:
    """Raise for the first joint `[M, T, V]` that is wrong, with its values."""
    if wrong.any():
        body, frame, joint = np.argwhere(wrong)[0]
        raise DataError(
            f"'{path}': clip '{name}', body {body}, frame {frame}: joint '{topology.joints[joint]}' {what} "
            f"{values[body, frame, joint].tolist()}, expected {expected}"
        )
