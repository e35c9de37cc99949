"""Reader of pose landmarks of MediaPipe, one JSON or CSV file per clip."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import folder_files
from skgraph.datasets.formats.json_file import SIZE_LIMIT, describe, expect, expect_key, expect_numbers, read_json
from skgraph.datasets.formats.text_file import parse_number
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.reader import open_topology, read_clip_folder
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology

# x12 and nose_x; v is the visibility.
_COLUMNS = (re.compile(r"([xyzv]|visibility)_?([0-9]+)"), re.compile(r"(.+?)_?([xyzv]|visibility)"))

_ONLY = 0  # identity in files of one person, which MediaPipe itself tracked: one body, however far it jumps


def read_mediapipe(
    source: str | Path,
    topology: str | Topology = "mediapipe_33",
    labels: str | Path | None = None,
    world: bool = True,
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.0,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of clips, one file each, read lazily.

    MediaPipe itself writes no files. Its results are usually saved as one of these:

    - `NAME.json`: a list of frames, or an object with `frames` and an optional `fps`. A frame is a list of landmarks in
      the order of `PoseLandmark`, a list of such lists for several people, or null or [] for none. A landmark has `x`,
      `y`, `z` and an optional `visibility`. Several people are tracked by `track_bodies`; one person is one body.
    - `NAME.csv`: a header with `frame` and, of each landmark, `x0`, `y0`, `z0` and an optional `v0`, or `nose_x`,
      `nose_y`, `nose_z` and `nose_visibility` (or `nose_v`); a line per frame. The clip begins with the lowest frame;
      missing frames and lines of empty cells are gaps. Other columns are ignored.

    World landmarks are in metres, with the origin between the hips of each frame, so that walking is lost. Their axes
    are those of the image: x to the right, y down, z away from the camera (MediaPipe's issue 4205). x and y are
    negated, so that y is up and z away from the camera, as with Kinect; negating y alone would mirror people.
    Image landmarks are fractions of the image's width and height; their depth is dropped, and y is negated.

    Args:
        source: the folder, or the file of one clip.
        topology: `mediapipe_33`, or a custom one in the same order. Image landmarks take it in 2D.
        labels: the CSV of `read_label_table`; by default `labels.csv` in the folder.
        world: True for world landmarks, in 3D; False for image landmarks, in 2D.
        fps: frames a second; must match the `fps` of a file, if any.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: visibility below which a joint counts as not seen; 0 takes all, since MediaPipe fits hidden
            landmarks with the rest of the body. Visibility (1 if the file has none) becomes the confidence.
        labelled: False reads every clip of the folder, without the CSV.

    Raises:
        ConfigError: an option is out of range.
        DataError: files and CSV do not match, or a file is broken or does not fit the topology.
    """
    topology = open_topology(topology)
    if world and topology.dim != 3:
        raise ConfigError(f"world landmarks are 3D, topology '{topology.name}' is {topology.dim}D: say world=false")
    topology = topology if world else topology.in_dim(2)
    check_detection_options(max_bodies, min_confidence)
    suffix = _suffix(Path(source).expanduser(), labels)
    read = _from_json if suffix == ".json" else _from_csv
    axes, unit = ((-1, -1, 1), "m") if world else ((1, -1), "normalised")

    def read_clip(path: Path) -> RawClip:
        return read(path, topology, float(fps)).to_clip(axes, max_bodies, min_confidence)

    done = "x and y negated" if world else "y negated"
    if min_confidence:
        done += f"; joints below visibility {min_confidence:g} filled in"
    done += f"; at most {max_bodies} bodies"
    return read_clip_folder(source, suffix, read_clip, topology, unit, fps, labels, labelled, done)


def _suffix(folder: Path, labels: str | Path | None) -> str:
    """Return the suffix of the clips, without the CSV of labels."""
    table = Path(labels).expanduser() if labels is not None else folder / "labels.csv"
    found = [suffix for suffix in (".json", ".csv") if folder.is_dir() and folder_files(folder, suffix, table)]
    if len(found) == 2:
        raise DataError(f"'{folder}' holds .json and .csv files, expected clips of one kind")
    return found[0] if found else ".json"


def _from_json(path: Path, topology: Topology, fps: float) -> PoseDetections:
    frames = read_json(path)
    if isinstance(frames, dict):
        _check_fps(frames.get("fps"), fps, path)
        frames = expect_key(frames, "frames", f"'{path}'")
    detections = PoseDetections(path, topology, zero_is_missing=False)
    for number, frame in enumerate(expect(frames, list, f"'{path}': the frames")):
        detections.add_frame(number)
        where = f"'{path}', frame {number}"
        people = [] if frame is None else expect(frame, list, where)
        alone = bool(people) and isinstance(people[0], dict)
        for k, landmarks in enumerate([people] if alone else people):
            joints, visibility = _landmarks(landmarks, topology, f"{where}, person {k}")
            detections.add(number, joints, visibility, _ONLY if alone else -1)
    return detections


def _check_fps(found: Any, fps: float, path: Path) -> None:
    if found is None:
        return
    if type(found) not in (int, float) or not 0 < found <= 10_000:
        raise DataError(f"'{path}': fps must be a number above 0, found {describe(found)}")
    # 29.97 and 30000 / 1001 are the same rate.
    if not math.isclose(found, fps, rel_tol=1e-4):
        raise DataError(f"'{path}' has {found:g} frames a second, expected {fps:g}: say fps={found:g}")


def _landmarks(landmarks: Any, topology: Topology, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return one person's joints [V, C] and their visibility [V]."""
    if len(expect(landmarks, list, where)) != topology.num_joints:
        expected = f"the {topology.num_joints} landmarks of topology '{topology.name}'"
        raise DataError(f"{where} must be {expected}, found {len(landmarks)}")
    axes = "xyz"[: topology.dim]
    for joint, landmark in zip(topology.joints, landmarks, strict=True):
        if type(landmark) is not dict or not set(axes).issubset(landmark):
            for axis in axes:
                expect_key(landmark, axis, f"{where}, landmark '{joint}'")
    flat = [landmark[axis] for landmark in landmarks for axis in axes]
    visibility = [landmark.get("visibility", 1) for landmark in landmarks]
    numbers = expect_numbers(flat, len(flat), f"{where}: {', '.join(axes)}")
    return numbers.reshape(-1, len(axes)), expect_numbers(visibility, len(visibility), f"{where}: visibility")


def _from_csv(path: Path, topology: Topology, fps: float) -> PoseDetections:
    """Read a CSV, which has no frame rate to compare with `fps`."""
    detections = PoseDetections(path, topology, zero_is_missing=False)
    if path.stat().st_size > SIZE_LIMIT:
        raise DataError(f"'{path}' has more than {SIZE_LIMIT // 2**20} MiB, expected one clip a file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, skipinitialspace=True, strict=True)
            header = [name.strip() for name in next(lines, [])]
            frame, columns, visible = _columns(header, topology, path)
            for line in filter(None, lines):
                where = f"'{path}', line {lines.line_num}"
                if len(line) != len(header):
                    raise DataError(f"{where} has {len(line)} cells, the header {len(header)}")
                number = _cells(line, [frame], header, where)[0]
                if not number.is_integer():
                    raise DataError(f"{where}: the frame must be a whole number, found '{line[frame][:30]}'")
                detections.add_frame(int(number))
                joints = np.array(_cells(line, columns, header, where)).reshape(-1, topology.dim)
                visibility = np.array(_cells(line, visible, header, where) or [1.0] * len(joints))
                if not np.isnan(joints).all():
                    detections.add(int(number), joints, visibility, _ONLY)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"'{path}' is not a CSV file in UTF-8: {error}") from error
    return detections


def _columns(header: list[str], topology: Topology, path: Path) -> tuple[int, list[int], list[int]]:
    """Return the columns of the frame, the coordinates [V * C] and the visibilities, [V] or none."""
    joints = [joint.casefold() for joint in topology.joints]
    names = {str(v): joint for v, joint in enumerate(joints)} | {joint: joint for joint in joints}
    column_of: dict[str, int] = {}
    for i, name in enumerate(header):
        first, last = (pattern.fullmatch(name.casefold()) for pattern in _COLUMNS)
        joint, axis = (first[2], first[1]) if first else (last[1], last[2]) if last else ("", "")
        key = f"{names[joint]}_{axis[0]}" if joint in names else name.casefold()
        if key in column_of:
            raise DataError(f"'{path}' has '{key[:50]}' twice, in columns {column_of[key]} and {i}")
        column_of[key] = i
    wanted = ["frame", *(f"{joint}_{axis}" for joint in joints for axis in "xyz"[: topology.dim])]
    visible = [f"{joint}_v" for joint in joints]
    needed = wanted + visible if any(key in column_of for key in visible) else wanted
    if missing := [key for key in needed if key not in column_of]:
        raise DataError(f"'{path}' lacks the columns {first_three(missing)}; its header has {len(header)}")
    frame, *coordinates = (column_of[key] for key in wanted)
    return frame, coordinates, [column_of[key] for key in visible if key in column_of]


def _cells(line: list[str], columns: list[int], header: list[str], where: str) -> list[float]:
    """Return the numbers in some columns, NaN in an empty cell."""
    values = []
    for i in columns:
        try:
            values.append(parse_number(line[i]) if line[i].strip() else math.nan)
        except ValueError as error:
            raise DataError(f"{where}, column '{header[i][:30]}' must be a number, found '{line[i][:30]}'") from error
    return values
