"""Reader of the output of OpenPose's `--write_json`: one JSON file per frame."""

from __future__ import annotations

import re
from pathlib import Path

from skgraph.datasets.files import folder_files
from skgraph.datasets.formats.json_file import describe, expect, expect_key, expect_numbers, read_json
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.reader import open_topology, read_clip_folder
from skgraph.errors import DataError, first_three
from skgraph.topology import Topology

_SUFFIX = "_keypoints.json"
_NAME = re.compile(r"(.*?)_?([0-9]{1,18})" + re.escape(_SUFFIX))
_KEYS = ("pose_keypoints_2d", "pose_keypoints")
_MODELS: dict[float, str] = {25: "openpose_25", 18: "openpose_18"}


def read_openpose(
    source: str | Path,
    topology: str | Topology = "openpose_25",
    labels: str | Path | None = None,
    unit: str = "px",
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.05,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder with a sub-folder of OpenPose's files for each clip; clips are read lazily.

    The format is that of OpenPose's `doc/02_output.md`: a file `NAME_000000000012_keypoints.json` for each frame with
    `people`, each with `pose_keypoints_2d` (`pose_keypoints` before version 1.1), flat x, y and confidence of every
    joint in the model's order, 0, 0, 0 where it was not found. The number in the name is the frame's; the clip begins
    with the lowest, and missing numbers are gaps. `person_id` is kept where OpenPose tracked; at [-1], and without one,
    people are tracked by `track_bodies`. Faces, hands and 3D keypoints, whose axes depend on the camera calibration,
    are not read.

    Images have y down: y is negated, so that it is up.

    Args:
        source: the folder.
        topology: `openpose_25` (BODY_25), `openpose_18` (COCO), or a custom 2D topology in the model's order.
        labels: the CSV of `read_label_table`; by default `labels.csv` in the folder.
        unit: `px`, or `normalised` for OpenPose's `--keypoint_scale`.
        fps: frames a second.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: joints of lower confidence count as not seen; 0.05 is OpenPose's threshold of drawing.
        labelled: False reads every clip of the folder, without the CSV.

    Raises:
        ConfigError: an option is out of range.
        DataError: folders and CSV do not match, or a file is broken or does not fit the topology.
    """
    topology = open_topology(topology, 2, "OpenPose's keypoints")
    scale = unit_factor(unit, topology)
    check_detection_options(max_bodies, min_confidence)

    def read_clip(folder: Path) -> RawClip:
        return _detections(folder, topology).to_clip((scale, -scale), max_bodies, min_confidence)

    done = f"y negated; joints below confidence {min_confidence:g} filled in; at most {max_bodies} bodies"
    return read_clip_folder(source, "", read_clip, topology, unit, fps, labels, labelled, done)


def _detections(folder: Path, topology: Topology) -> PoseDetections:
    detections = PoseDetections(folder, topology)
    for number, path in _frames(folder):
        detections.add_frame(number)
        people = expect_key(read_json(path), "people", f"'{path}'")
        for i, person in enumerate(expect(people, list, f"'{path}': people")):
            where = f"'{path}', person {i}"
            expect(person, dict, where)
            key = next((key for key in _KEYS if key in person), _KEYS[0])
            values = expect_key(person, key, where)
            if type(values) is list and len(values) != 3 * topology.num_joints:
                expected = f"{3 * topology.num_joints} numbers, x, y and confidence of the {topology.num_joints} joints"
                model = _MODELS.get(len(values) / 3)
                advice = f": say topology={model}" if model else ""
                raise DataError(f"{where}: {key} must have {expected}, found {len(values)}{advice}")
            values = expect_numbers(values, 3 * topology.num_joints, f"{where}: {key}").reshape(-1, 3)
            detections.add(number, values[:, :2], values[:, 2], _identity(person, where))
    return detections


def _frames(folder: Path) -> list[tuple[int, Path]]:
    """List the frame numbers and files of a clip, in order."""
    files = folder_files(folder, _SUFFIX)
    if not files:
        raise DataError(f"'{folder}' holds no file NAME_000000000000{_SUFFIX}, as OpenPose writes them")
    frames, videos = [], set()
    for path in files:
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise DataError(f"'{path}' has no frame number in its name, expected NAME_000000000000{_SUFFIX}")
        videos.add(match[1])
        frames.append((int(match[2]), path))
    if len(videos) > 1:
        names = first_three([f"'{video}'" for video in sorted(videos)])
        raise DataError(f"'{folder}' holds the frames of {len(videos)} videos, expected one: {names}")
    return sorted(frames)


def _identity(person: dict, where: str) -> int:
    """Return `person_id`, a list of one number, or -1."""
    value = person.get("person_id", [-1])
    if type(value) is not list or len(value) != 1 or type(value[0]) is not int:
        raise DataError(f"{where}: person_id must be a list of one whole number, found {describe(value)}")
    return max(value[0], -1)
