"""Reader of pose landmarks of MediaPipe and BlazePose, one JSON, JSON Lines or CSV file per clip."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import clip_suffix, folder_files
from skgraph.datasets.formats.json_file import describe, read_json, read_json_lines
from skgraph.datasets.formats.landmarks.frame import Frame, OtherSpaceError
from skgraph.datasets.formats.landmarks.json_tree import LandmarkTree
from skgraph.datasets.formats.landmarks.table import LandmarkTable
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.reader import open_topology, read_clip_folder
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_ONLY = 0  # identity in clips of one person, which MediaPipe itself tracked: one body, however far it jumps


def read_mediapipe(
    source: str | Path,
    topology: str | Topology = "mediapipe_33",
    labels: str | Path | None = None,
    world: bool | None = None,
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.0,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of clips, one file each, read lazily.

    MediaPipe itself writes no files. Its results are saved as

    - `NAME.json`: frames with people with landmarks, in any of the shapes of `LandmarkTree`, such as those of the
      results of MediaPipe and its Tasks, of BlazePose in TensorFlow.js, or plain lists; `fps` is optional;
    - `NAME.jsonl`: such a frame a line;
    - `NAME.csv`: a table with a line a frame or a line a landmark, see `LandmarkTable`.

    A clip begins with the lowest frame number; numbers that are missing are gaps. Landmarks at exactly 0, 0, 0 were not
    found. If no frame of a clip has two people, it is one body; otherwise people are tracked by `track_bodies`.

    World landmarks are in metres, with the origin between the hips of each frame, so that walking is lost. Their axes
    are those of the image: x to the right, y down, z away from the camera (MediaPipe's issue 4205). x and y are
    negated, so that y is up and z away from the camera, as with Kinect; negating y alone would mirror people.
    Image landmarks are fractions of the image's width and height; their depth is dropped, and y is negated.

    Args:
        source: the folder, or the file of one clip.
        topology: `mediapipe_33`, or a custom one in the same order. Image landmarks take it in 2D.
        labels: the CSV or pattern of `read_label_table`; default `labels.csv` in the folder.
        world: True for world landmarks, in 3D; False for image landmarks, in 2D. Many files have both. By default
            world landmarks, unless the first clip has none.
        fps: frames a second; must match the `fps` of a file, if any.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: visibility below which a joint counts as not seen; 0 takes all, since MediaPipe fits hidden
            landmarks with the rest of the body. Visibility (1 if the file has none) becomes the confidence.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is out of range.
        DataError: files and CSV do not match, or a file is broken, does not fit the topology, or has image landmarks
            where world landmarks are expected.
    """
    topology = open_topology(topology)
    source = Path(source).expanduser()
    table = Path(labels).expanduser() if labels is not None else source / "labels.csv"
    suffix = clip_suffix(source, (".json", ".jsonl", ".csv"), table)
    if world is None:
        first = next(iter(folder_files(source, suffix, but=table)), source) if source.is_dir() else source
        world = topology.dim == 3 and (not first.is_file() or _has_world(first, topology, float(fps)))
    if world and topology.dim != 3:
        raise ConfigError(f"world landmarks are 3D, topology '{topology.name}' is {topology.dim}D: say world=false")
    topology = topology if world else topology.in_dim(2)
    check_detection_options(max_bodies, min_confidence)
    axes, unit = ((-1, -1, 1), "m") if world else ((1, -1), "normalised")

    def read_clip(path: Path) -> RawClip:
        frames = _frames(path, topology, world, float(fps))
        return _detections(path, frames, topology).to_clip(axes, max_bodies, min_confidence)

    done = "x and y negated" if world else "y negated"
    if min_confidence:
        done += f"; joints below visibility {min_confidence:g} filled in"
    done += f"; at most {max_bodies} bodies"
    return read_clip_folder(source, suffix, read_clip, topology, unit, fps, labels, labelled, done)


def _has_world(path: Path, topology: Topology, fps: float) -> bool:
    """Return whether a file has world landmarks, or nobody."""
    try:
        _detections(path, _frames(path, topology, True, fps), topology)
    except OtherSpaceError:
        return False
    return True


def _frames(path: Path, topology: Topology, world: bool, fps: float) -> list[Frame]:
    """Read the frames of a file."""
    if path.name.endswith(".csv"):
        return list(LandmarkTable(path, topology.joints, world).frames())
    content = read_json_lines(path) if path.name.endswith(".jsonl") else read_json(path)
    if isinstance(content, dict):
        for part in (content, *content.values()):  # such as `metadata`
            if isinstance(part, dict) and part.get("fps") is not None:
                _check_fps(part["fps"], fps, path)
    return list(LandmarkTree(content, topology.joints, world, f"'{path}'").frames())


def _check_fps(found: Any, fps: float, path: Path) -> None:
    if type(found) not in (int, float) or not 0 < found <= 10_000:
        raise DataError(f"'{path}': fps must be a number above 0, found {describe(found)}")
    # 29.97 and 30000 / 1001 are the same rate.
    if not math.isclose(found, fps, rel_tol=1e-4):
        raise DataError(f"'{path}' has {found:g} frames a second, expected {fps:g}: say fps={found:g}")


def _detections(path: Path, frames: list[Frame], topology: Topology) -> PoseDetections:
    detections = PoseDetections(path, topology, zero_is_missing=False)
    dim = topology.dim
    for _, people in frames:
        for person in people:
            person[(np.nan_to_num(person[:, :dim]) == 0).all(axis=1)] = np.nan
    found = [person for _, people in frames for person in people if not np.isnan(person[:, :2]).all()]
    if dim == 3 and found:
        _check_world(np.stack(found)[..., :3], topology, path)
    alone = all(len(people) < 2 for _, people in frames)
    for number, people in frames:
        detections.add_frame(number)
        for person in people:
            if not np.isnan(person[:, :dim]).all():
                detections.add(number, person[:, :dim], person[:, 3], _ONLY if alone else -1)
    return detections


def _check_world(landmarks: np.ndarray, topology: Topology, path: Path) -> None:
    """Raise an OtherSpaceError if landmarks `[N, V, 3]` are not in the world: without z, or with hips as in an image.

    In an image, x and y are fractions of its size and z counts from the hips, so that these are at (0.5, 0.5, 0), or
    below it at (0.5, 1.5, 0). In the world they are at the origin, and a shoulder or a right hip has a negative x or y.
    """
    if np.isnan(landmarks[..., 2]).all():
        raise OtherSpaceError(f"'{path}' has landmarks without z, which are in the image: say world=false")
    if not (landmarks[..., :2] < 0).any():
        raise OtherSpaceError(
            f"'{path}' has image landmarks, not world landmarks: none is above or left of 0, 0; say world=false"
        )
    hips = np.flatnonzero(topology.center)
    with np.errstate(all="ignore"):
        centres = np.einsum("nvc,v->nc", landmarks[:, hips], topology.center.numpy()[hips])
    centres = centres[np.isfinite(centres).all(axis=1)]
    x, y, z = np.median(centres, axis=0) if len(centres) else (0.0, 0.0, 0.0)
    if 0 < x < 1 and 0 < y < 3 and math.hypot(x, y) > 0.1 and abs(z) < 0.02:
        found = f"its hips are at {x:.2f}, {y:.2f} in the median, not at the origin"
        raise OtherSpaceError(f"'{path}' has image landmarks, not world landmarks: {found}; say world=false")
