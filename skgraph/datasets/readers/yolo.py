"""Reader of the poses of Ultralytics YOLO, in JSON and in text files of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import clip_suffix
from skgraph.datasets.formats.frame_files import group_frames
from skgraph.datasets.formats.json_file import (
    describe,
    expect,
    expect_key,
    expect_numbers,
    parse_json,
    read_json,
    read_json_lines,
)
from skgraph.datasets.formats.text_file import parse_number, read_lines
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options, detections_note
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.clip_groups import read_clip_groups
from skgraph.datasets.readers.reader import open_topology, read_clip_folder
from skgraph.errors import DataError
from skgraph.topology import Topology

_PEOPLE = ("results", "detections", "predictions", "people")
_NUMBERS = ("frame", "frame_id", "frame_index", "frame_number")
_BOX = 5  # class, x and y of the centre, width, height
_SHORTEST = '[[{"keypoints": {"x": [...], "y": [...], "visible": [...]}}, ...], ...], a list for each frame'


def read_yolo(
    source: str | Path,
    topology: str | Topology = "coco_17",
    labels: str | Path | None = None,
    unit: str | None = None,
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.05,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of clips, read lazily, in one of the formats of Ultralytics (docs.ultralytics.com, `Results`):

    - JSON: a file `NAME.json` for each clip, a list with what `Results.to_json()` or `Results.summary()` gives for
      each frame; or `NAME.jsonl`, a frame a line. The people in a frame have `keypoints`, an object of the lists `x`,
      `y` and `visible`, and optionally a `track_id`. A frame may be an object of its people and its number, `frame`.
    - Text: a file `VIDEO_12.txt` for each frame with people, as `save_txt=True` writes them into `labels/`, a line a
      person: class, box, x, y and visibility of the joints, then the confidence with `save_conf=True`, and the identity
      where there is one. Each VIDEO of the folder is a clip.

    A clip begins with the lowest frame number, and missing numbers are gaps. Joints at exactly 0, 0 were not found:
    Ultralytics puts those there whose confidence is low. People without a `track_id` are tracked by `track_bodies`.
    Images have y down: y is negated, so that it is up.

    Args:
        source: the folder, or the JSON file of one clip, or the text file of one frame.
        topology: `coco_17`, or a custom 2D topology in the order of the keypoints.
        labels: the CSV or pattern of `read_label_table`; default `labels.csv` in the folder. A single video needs none.
        unit: `px` or `normalised`; by default pixels in JSON, and normalised in text, whose coordinates are fractions
            of the image's width and height.
        fps: frames a second.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: joints of lower confidence count as not seen.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is out of range.
        DataError: clips and CSV do not match, or a file is broken or does not fit the topology.
    """
    topology = open_topology(topology, 2, "the keypoints of YOLO")
    folder, done = Path(source).expanduser(), detections_note(max_bodies, min_confidence)
    suffix = clip_suffix(folder, (".json", ".jsonl", ".txt"))
    texts: dict[str, list[tuple[int, Path]]] = {}
    if suffix == ".txt":
        texts = {folder.stem: [(0, folder)]} if folder.is_file() else group_frames(folder, suffix)
    unit = unit or ("normalised" if texts else "px")
    scale = unit_factor(unit, topology)
    check_detection_options(max_bodies, min_confidence)

    def to_clip(detections: PoseDetections) -> RawClip:
        return detections.to_clip((scale, -scale), max_bodies, min_confidence)

    def read_texts(name: str, frames: Sequence[tuple[int, Path]]) -> RawClip:
        return to_clip(_from_texts(folder / name, frames, topology))

    def read_file(path: Path) -> RawClip:
        return to_clip(_from_json(path, topology))

    if texts:
        return read_clip_groups(folder, texts, read_texts, topology, unit, fps, labels, labelled, done)
    return read_clip_folder(folder, suffix, read_file, topology, unit, fps, labels, labelled, done)


def _from_texts(source: Path, frames: Sequence[tuple[int, Path]], topology: Topology) -> PoseDetections:
    detections = PoseDetections(source, topology)
    for number, path in frames:
        detections.add_frame(number)
        for line in dict.fromkeys(text for _, text in read_lines(path) if text):  # a second run repeats all lines
            where = f"'{path}', line '{line[:20]}...'"
            try:
                values = np.array([parse_number(word) for word in line.split()])
            except ValueError as error:
                raise DataError(f"{where}: {error}") from None
            points, after = _split(values, topology, where)
            # A confidence is below 1, and only an identity is a whole number.
            identity = int(after[-1]) if len(after) and after[-1] >= 1 and after[-1].is_integer() else -1
            detections.add(number, *_seen(points), identity)
    return detections


def _split(values: np.ndarray, topology: Topology, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return joints `[V, 2 or 3]`, x, y and visibility if the model has it, and the numbers after them, none to two."""
    for each in (3, 2):
        end = _BOX + each * topology.num_joints
        if end <= len(values) <= end + 2:
            return values[_BOX:end].reshape(-1, each), values[end:]
    expected = f"class, box, and x, y and visibility of the {topology.num_joints} joints of topology '{topology.name}'"
    raise DataError(f"{where} has {len(values)} numbers, expected {_BOX + 3 * topology.num_joints}: {expected}")


def _from_json(path: Path, topology: Topology) -> PoseDetections:
    detections = PoseDetections(path, topology)
    content = read_json_lines(path) if path.name.endswith(".jsonl") else read_json(path)
    for place, frame in enumerate(_frames(content, path)):
        where = f"'{path}', frame {place}"
        frame = parse_json(frame, where) if isinstance(frame, str) else frame  # `to_json` gives a text
        number, people = _people(frame, place, where)
        detections.add_frame(number)
        for i, person in enumerate(people):
            points = _points(expect_key(person, "keypoints", f"{where}, person {i}"), topology, f"{where}, person {i}")
            identity = person.get("track_id")
            identity = -1 if identity is None else expect(identity, int, f"{where}, person {i}: track_id")
            detections.add(number, *_seen(points), identity)
    return detections


def _frames(content: Any, path: Path) -> list[Any]:
    if isinstance(content, dict):
        content = content.get("frames", [content])
    if not isinstance(content, list):
        raise DataError(f"'{path}' must be {_SHORTEST}, found {describe(content)}")
    alone = bool(content) and all(isinstance(part, dict) and "box" in part for part in content)
    return [content] if alone else content


def _people(frame: Any, place: int, where: str) -> tuple[int, list[Any]]:
    """Return the number of a frame and the people in it."""
    number = place
    if isinstance(frame, dict):
        key = next((key for key in _PEOPLE if key in frame), None)
        if key is None:
            found = ", ".join(f"'{name[:30]}'" for name in list(frame)[:10]) or "nothing"
            raise DataError(f"{where} has none of {', '.join(_PEOPLE)}: expected {_SHORTEST}; found {found}")
        number = next((expect(frame[name], int, f"{where}: {name}") for name in _NUMBERS if name in frame), place)
        frame = frame[key]
    return number, expect([] if frame is None else frame, list, where)


def _points(keypoints: Any, topology: Topology, where: str) -> np.ndarray:
    """Return joints `[V, 2 or 3]`, x, y and visibility if the model has it."""
    axes = [expect_key(keypoints, axis, f"{where}: keypoints") for axis in "xy"]
    axes += [keypoints["visible"]] if keypoints.get("visible") is not None else []
    return np.stack([expect_numbers(axis, topology.num_joints, f"{where}: keypoints") for axis in axes], axis=1)


def _seen(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return joints `[V, 2]`, NaN where they were not found, and their confidences."""
    joints = np.where((points[:, :2] == 0).all(axis=1, keepdims=True), np.nan, points[:, :2])
    return joints, points[:, 2] if points.shape[1] == 3 else np.ones(len(points))
