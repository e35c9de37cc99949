"""Reader of the output of OpenPose's `--write_json`, which other estimators write too: one JSON file per frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from skgraph.datasets.files import folders_in
from skgraph.datasets.formats.frame_files import group_frames
from skgraph.datasets.formats.json_file import describe, expect, expect_key, expect_numbers, read_json
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options, detections_note
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.clip_groups import read_clip_groups
from skgraph.datasets.readers.reader import open_topology
from skgraph.errors import DataError, first_three
from skgraph.topology import Topology

_SUFFIX = "_keypoints.json"
_KEYS = ("pose_keypoints_2d", "pose_keypoints")
_MODELS: dict[float, str] = {25: "openpose_25", 18: "openpose_18", 26: "halpe_26"}


def read_openpose(
    source: str | Path,
    topology: str | Topology | None = None,
    labels: str | Path | None = None,
    unit: str = "px",
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.05,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder with OpenPose's files of one or several videos, or with a sub-folder for each; read lazily.

    The format is that of OpenPose's `doc/02_output.md`: a file `VIDEO_000000000012_keypoints.json` for each frame with
    `people`, each with `pose_keypoints_2d` (`pose_keypoints` before version 1.1), flat x, y and confidence of every
    joint in the model's order, 0, 0, 0 where it was not found. The number in the name is the frame's; the clip begins
    with the lowest, and missing numbers are gaps. In a folder with such files, each VIDEO is a clip; otherwise each
    sub-folder is. Other programs name the files `VIDEO_12.json`. `person_id` is kept where OpenPose tracked; at [-1],
    and without one, people are tracked by `track_bodies`. Faces, hands and 3D keypoints, whose axes depend on the
    camera calibration, are not read.

    Images have y down: y is negated, so that it is up.

    Args:
        source: the folder, or the file of one frame.
        topology: `openpose_25` (BODY_25), `openpose_18` (COCO), `halpe_26` (Pose2Sim's default), or a custom 2D
            topology in the model's order. By default the one of these with as many joints as the first person.
        labels: the CSV or pattern of `read_label_table`; default `labels.csv` in the folder. A single video needs none.
        unit: `px`, or `normalised` for OpenPose's `--keypoint_scale`.
        fps: frames a second.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: joints of lower confidence count as not seen; 0.05 is OpenPose's threshold of drawing.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is out of range.
        DataError: folders and CSV do not match, or a file is broken or does not fit the topology.
    """
    check_detection_options(max_bodies, min_confidence)
    folder = Path(source).expanduser()
    clips: dict[str, Any] = {}
    if folder.is_file():
        clips = {folder.stem.removesuffix("_keypoints"): [(0, folder)]}
    elif folder.is_dir():
        clips = group_frames(folder, _SUFFIX)
        clips = clips or {path.name: path for path in folders_in(folder) if not path.name.startswith(".")}
        clips = clips or group_frames(folder, ".json")
    topology = open_topology(_model(clips.values()) if topology is None else topology, 2, "OpenPose's keypoints")
    scale = unit_factor(unit, topology)

    def read_clip(name: str, video: list[tuple[int, Path]] | Path) -> RawClip:
        frames = _only_video(video) if isinstance(video, Path) else video
        return _detections(folder / name, frames, topology).to_clip((scale, -scale), max_bodies, min_confidence)

    done = detections_note(max_bodies, min_confidence)
    return read_clip_groups(folder, clips, read_clip, topology, unit, fps, labels, labelled, done)


def _detections(source: Path, frames: Sequence[tuple[int, Path]], topology: Topology) -> PoseDetections:
    detections = PoseDetections(source, topology)
    for number, path in frames:
        detections.add_frame(number)
        for where, person, values in _people(path):
            if type(values) is list and len(values) != 3 * topology.num_joints:
                expected = f"{3 * topology.num_joints} numbers, x, y and confidence of the {topology.num_joints} joints"
                model = _MODELS.get(len(values) / 3)
                advice = f": say topology={model}" if model else ""
                raise DataError(f"{where} must have {expected}, found {len(values)}{advice}")
            values = expect_numbers(values, 3 * topology.num_joints, where).reshape(-1, 3)
            detections.add(number, values[:, :2], values[:, 2], _identity(person, where))
    return detections


def _people(path: Path) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield the people in a frame: the place of their keypoints, all that is known of them, and their keypoints."""
    people = expect_key(read_json(path), "people", f"'{path}'")
    for i, person in enumerate(expect(people, list, f"'{path}': people")):
        where = f"'{path}', person {i}"
        expect(person, dict, where)
        key = next((key for key in _KEYS if key in person), _KEYS[0])
        yield f"{where}: {key}", person, expect_key(person, key, where)


def _model(videos: Iterable[list[tuple[int, Path]] | Path]) -> str:
    """Name the topology of the first person; that of BODY_25 where there is nobody, or no such model."""
    for video in videos:
        for _, path in _only_video(video) if isinstance(video, Path) else video:
            for _, _, values in _people(path):
                return _MODELS.get(len(values) / 3 if isinstance(values, list) else 0, "openpose_25")
    return "openpose_25"


def _only_video(folder: Path) -> list[tuple[int, Path]]:
    """List the frame numbers and files of a folder of one clip."""
    videos = group_frames(folder, _SUFFIX) or group_frames(folder, ".json")
    if not videos:
        raise DataError(f"'{folder}' holds no file VIDEO_000000000000{_SUFFIX}, as OpenPose writes them")
    if len(videos) > 1:
        names = first_three([f"'{video}'" for video in videos])
        raise DataError(f"'{folder}' holds the frames of {len(videos)} videos, expected one in a sub-folder: {names}")
    return next(iter(videos.values()))


def _identity(person: dict, where: str) -> int:
    """Return `person_id`, a list of one number, or -1."""
    value = person.get("person_id", [-1])
    if type(value) is not list or len(value) != 1 or type(value[0]) is not int:
        raise DataError(f"{where}: person_id must be a list of one whole number, found {describe(value)}")
    return max(value[0], -1)
