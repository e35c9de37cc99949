"""Reader of the annotation pickles of PYSKL and MMAction2, in 2D and 3D."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.formats.keypoint_files import KeypointFiles
from skgraph.datasets.formats.ntu.published import ntu_columns
from skgraph.datasets.formats.pickle_file import read_pickle
from skgraph.datasets.formats.text_file import describe
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options
from skgraph.datasets.preparation.published_splits import pair_subsets
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, NOBODY_DETECTED, RawClip, RawDataset, Split
from skgraph.datasets.readers.reader import check_clip_shape, check_joints, open_topology, to_float32
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology

_TOPOLOGIES = {(17, 2): "coco_17", (18, 2): "openpose_18", (25, 3): "ntu_rgbd"}
# The peak of a heat map may exceed 1, and rounding may bring it below 0.
_SCORES = (-0.5, 2.0)
_AXES = ("bodies", "frames", "joints", "coordinates")


def read_pyskl(
    source: str | Path,
    topology: str | Topology | None = None,
    unit: str | None = None,
    fps: float = 30.0,
    keypoints: str | Path | None = None,
    max_bodies: int = 2,
) -> RawDataset:
    """Open an annotation pickle of PYSKL or MMAction2 with `read_pickle`, which executes nothing.

    The file is read into memory as a whole. Its format is that of `tools/data/README.md` of the repository PYSKL: a
    dict of `annotations`, a list of one dict per clip, and `split`, a dict of lists of clip names; or such a list of
    dicts alone. A clip has `frame_dir` (or `filename`), its name, `label`, `keypoint` `[M, T, V, C]` and, optionally,
    `total_frames` (which must be T) and `keypoint_score` `[M, T, V]`. Other keys, such as `img_shape`, are ignored.

    In 2D the files have y down in pixels: y is negated, so that it is up. Scores become the confidence, cut to 0 to 1;
    joints of score 0 (without scores, those at 0, 0 in 2D) were not seen, and are filled in by `fill_missing`.

    `pair_subsets` pairs the lists of `split` (`xsub_train` and `xsub_val` are the split `xsub`); clips in none of them
    are kept. Names of NTU RGB+D clips give subject, camera and setup.

    The keypoints of Kinetics-400 are in files of their own, see `KeypointFiles`, and those of a frame in no order:
    people are tracked by `track_bodies`.

    Args:
        source: the file.
        topology: a topology, its name, or the path of its file; by default `coco_17` of 17 joints in 2D, `openpose_18`
            of 18, and `ntu_rgbd` of 25 joints in 3D.
        unit: `m`, `cm`, `mm`, `normalised`, or `px` in 2D; by default `m` in 3D and `px` in 2D.
        fps: frames a second.
        keypoints: the folder of the files with keypoints, if the annotations have none.
        max_bodies: number of bodies that a clip of such files keeps, see `track_bodies`.

    Raises:
        ConfigError: an option is out of range, or `keypoints` is given for annotations that have them.
        DataError: a file is missing, damaged, wants more than plain data, or does not fit the topology.
    """
    path = Path(source).expanduser()
    annotations, lists = _content(path, read_pickle(path))
    names = _names(path, annotations)
    files = _keypoint_files(path, annotations[0], keypoints)
    check_detection_options(max_bodies, 0)
    if files is not None:  # by file, so that each is read once
        order = sorted(range(len(names)), key=lambda i: str(files.path(names[i], annotations[i])))
        names, annotations = [names[i] for i in order], [annotations[i] for i in order]
    where = [f"'{path}': clip '{name}'" for name in names]
    if topology is None:
        if files is not None:
            shape = (files.read(names[0], annotations[0])[1].shape[1], 2)
        else:
            shape = _array(where[0], annotations[0], "keypoint", _AXES).shape[2:]
        if (topology := _TOPOLOGIES.get(shape)) is None:
            raise DataError(f"{where[0]} has {shape[0]} joints in {shape[1]}D: give topology=NAME")
    topology = open_topology(topology, None if files is None else 2, "keypoints in files of their own")
    unit = unit or ("px" if topology.dim == 2 else "m")
    scale = unit_factor(unit, topology)
    scored = "keypoint_score" in annotations[0]
    for clip, annotation in zip(where, annotations, strict=True):
        _check_label(clip, annotation)
        if files is None:
            _check(clip, annotation, topology, scored)
    splits, notes = _splits(path, lists, names)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name, clip, annotation in zip(names[part], where[part], annotations[part], strict=True):
            if files is None:
                yield _clip(clip, annotation, topology, scale)
            else:
                detections = _detections(f"{path}, clip {name}", topology, *files.read(name, annotation))
                yield detections.to_clip((scale, -scale), max_bodies, 0)

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
        **ntu_columns(names, [annotation["label"] for annotation in annotations], str(path)),
    )


def _keypoint_files(path: Path, annotation: Any, keypoints: str | Path | None) -> KeypointFiles | None:
    """Return the files with keypoints, None where the annotations have them."""
    apart = "keypoint" not in annotation and ("raw_file" in annotation or "frame_inds" in annotation)
    if keypoints is None and apart:
        raise DataError(f"'{path}' has its keypoints in files of their own: say keypoints=FOLDER")
    if keypoints is not None and "keypoint" in annotation:
        raise ConfigError(f"keypoints={keypoints} is for keypoints in files of their own, and '{path}' has them itself")
    return None if keypoints is None else KeypointFiles(keypoints)


def _detections(source: str, topology: Topology, frames: np.ndarray, keypoints: np.ndarray) -> PoseDetections:
    check_joints((*keypoints.shape[:2], 2), topology, f"'{source}'")
    detections = PoseDetections(source, topology)
    for frame, person in zip(frames.tolist(), keypoints, strict=True):
        detections.add(frame, person[:, :2], person[:, 2])
    return detections


def _content(path: Path, content: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the annotations, and the lists of names of the splits."""
    annotations, lists = content, {}
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


def _array(where: str, annotation: Mapping[str, Any], key: str, axes: Sequence[str]) -> np.ndarray:
    values = annotation.get(key)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or values.ndim != len(axes):
        raise DataError(f"{where}: '{key}' must be an array of numbers [{', '.join(axes)}], found {describe(values)}")
    return values


def _check_label(where: str, annotation: Mapping[str, Any]) -> None:
    if type(label := annotation.get("label")) is not int:
        raise DataError(f"{where} needs a whole number as its 'label', found {describe(label)}")


def _check(where: str, annotation: Mapping[str, Any], topology: Topology, scored: bool) -> None:
    """Check an annotation, except the values of its arrays."""
    keypoint = _array(where, annotation, "keypoint", _AXES)
    check_clip_shape(keypoint.shape, topology, where)
    frames = keypoint.shape[1]
    total = annotation.get("total_frames", frames)
    if type(total) is not int or total != frames:
        raise DataError(f"{where} has {frames} frames of joints, its 'total_frames' is {describe(total)}")
    if ("keypoint_score" in annotation) != scored:
        raise DataError(f"{where} has {'no' if scored else 'a'} 'keypoint_score', unlike the first clip of the file")
    if scored and (score := _array(where, annotation, "keypoint_score", _AXES[:3])).shape != keypoint.shape[:3]:
        raise DataError(f"{where}: 'keypoint_score' must be {list(keypoint.shape[:3])}, found {list(score.shape)}")


def _splits(path: Path, lists: Mapping[str, Any], names: list[str]) -> tuple[list[Split], list[str]]:
    """Return the splits and notes on them."""
    known = set(names)
    subsets, notes = {}, []
    for subset, members in lists.items():
        where = f"'{path}': subset {describe(subset)} of 'split' must be a list of clip names"
        members = members.tolist() if isinstance(members, np.ndarray) else members
        if not isinstance(subset, str) or not isinstance(members, (list, tuple)):
            raise DataError(f"{where}, found {describe(members)}")
        if others := [member for member in members if not isinstance(member, str)]:
            raise DataError(f"{where}, found {describe(others[0])} in it")
        if unknown := [member for member in members if member not in known]:
            notes.append(f"part '{subset}' names {len(unknown)} clips that the file has not: {first_three(unknown)}")
        chosen = set(members)
        subsets[subset] = np.array([name in chosen for name in names])
    splits, unpaired = pair_subsets(subsets, names)
    return splits, notes + unpaired


def _clip(where: str, annotation: Mapping[str, Any], topology: Topology, scale: float) -> RawClip:
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
        lowest, highest = float(score.min()), float(score.max())
        if not (_SCORES[0] <= lowest and highest <= _SCORES[1]):  # also refuses NaN
            raise DataError(f"{where}: 'keypoint_score' must be 0 to 1, found {lowest:g} to {highest:g}")
        confidence = score.astype(np.float32).clip(0, 1)
    return RawClip(*fill_missing(joints, seen, topology), confidence)
