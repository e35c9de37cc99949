"""Reader of COCO keypoints: results, such as those of AlphaPose and Detectron2, annotations, and MMPose's files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import folder_files
from skgraph.datasets.formats.json_file import describe, expect, expect_key, expect_numbers, read_json
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options, detections_note
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import RawClip, RawDataset
from skgraph.datasets.readers.clip_groups import read_clip_groups
from skgraph.datasets.readers.reader import expect_joints, open_topology, read_clip_folder
from skgraph.errors import DataError, first_three
from skgraph.topology import Topology

_ALPHAPOSE = {"people", "bodies"}  # in its formats `open` and `cmu`
_MODELS: dict[float, str] = {17: "coco_17", 18: "openpose_18", 26: "halpe_26", 133: "coco_17", 136: "halpe_26"}
_WHOLE_BODIES: dict[float, int] = {133: 17, 136: 26}  # COCO-WholeBody, Halpe: keypoints in all, of the body
_SHORTEST = '[{"image_id": 0, "keypoints": [x, y, confidence, ...]}, ...]'


def read_coco_keypoints(
    source: str | Path,
    topology: str | Topology | None = None,
    labels: str | Path | None = None,
    unit: str = "px",
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.05,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of clips, one JSON file each, read lazily, or a file. The format is one of these:

    - COCO results (cocodataset.org, "results format"), as AlphaPose and Detectron2 write them: a list of people, each
      with `image_id`, `keypoints` (flat x, y and confidence) and an optional `track_id`, or AlphaPose's `idx`. The
      frame is `image_id`, or the last number in it if it is a file name, which a single image may lack. Frames without
      people are absent from the list. AlphaPose's formats `open` and `cmu` are objects by file name, for
      `topology=openpose_18`.
    - COCO annotations: `images` and `annotations`, whose keypoints have a visibility, 0 not labelled, 1 hidden, 2
      visible, which become the confidences 0, 0.5 and 1. The frame is the image's `frame_id` if all images have one,
      else the last number in its `file_name`. Keypoint names in `categories` must be the topology's.
    - MMPose: a list of `frame_id` and `instances` (its inferencer), or an object with it as `instance_info` (its
      demos), or the instances of one image; an instance has `keypoints` [[x, y], ...], `keypoint_scores` and an
      optional `track_id`.

    A clip begins with the lowest frame number. People without an identity are tracked by `track_bodies`. The category
    and the score of the whole person are ignored. Images have y down: y is negated, so that it is up. Of 133 keypoints
    (COCO-WholeBody) or 136 (Halpe), the face and the hands are left out.

    Args:
        source: the folder; or a file, in which images `VIDEO_NUMBER.jpg` or `VIDEO/NUMBER.jpg` of several videos are a
            clip for each VIDEO.
        topology: `coco_17`, `halpe_26`, `openpose_18`, or a custom 2D topology in the order of the keypoints. By
            default the one of these with as many joints as the first person in the first file.
        labels: the CSV or pattern of `read_label_table`; default `labels.csv` in the folder. A single clip needs none.
        unit: `px`, or `normalised`.
        fps: frames a second.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: joints of lower confidence count as not seen. Top-down estimators put every joint into the
            person's box, seen or not; their confidence is kept in the store.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is out of range.
        DataError: files and CSV do not match, or a file is broken or does not fit the topology.
    """
    check_detection_options(max_bodies, min_confidence)
    source, done = Path(source).expanduser(), detections_note(max_bodies, min_confidence)

    videos = _videos(source) if source.is_file() else {}
    if topology is None:
        first = next(iter(folder_files(source, ".json")), None) if source.is_dir() else None
        topology = _model(_videos(first) if first else videos)
    topology = open_topology(topology, 2, "COCO keypoints")
    scale = unit_factor(unit, topology)

    def read_clip(path: Path, content: Any) -> RawClip:
        return _detections(path, content, topology).to_clip((scale, -scale), max_bodies, min_confidence)

    def read_file(path: Path) -> RawClip:
        return read_clip(path, _only_video(path))

    def read_video(name: str, content: Any) -> RawClip:
        return read_clip(source, content)

    if not source.is_file():
        return read_clip_folder(source, ".json", read_file, topology, unit, fps, labels, labelled, done)
    return read_clip_groups(source, videos, read_video, topology, unit, fps, labels, labelled, done)


def _videos(path: Path) -> dict[str, Any]:
    """Read a file, and divide results by the videos that their images are named after."""
    content = read_json(path)
    if isinstance(content, dict) and content and all(_ALPHAPOSE & set(_keys(value)) for value in content.values()):
        content = [person for image, value in content.items() for person in _alphapose(image, value, f"'{path}'")]
    if not _is_list_of(content, "image_id"):
        return {path.stem: content}
    videos: dict[str, list[Any]] = {}
    for person in content:
        image = person["image_id"]
        place = Path(image) if isinstance(image, str) else Path()
        video = re.sub(r"[_-]*[0-9]+[^0-9]*$", "", place.stem) or place.parent.name
        videos.setdefault(video, []).append(person)
    return {video or path.stem: people for video, people in videos.items()} if len(videos) > 1 else {path.stem: content}


def _model(videos: dict[str, Any]) -> str:
    """Name the topology with as many joints as the first person; that of COCO where there is nobody, or no such one."""
    for keypoints in itertools.chain.from_iterable(map(_keypoints, videos.values())):
        return _MODELS.get(len(keypoints) / (1 if isinstance(keypoints[0], list) else 3), "coco_17")
    return "coco_17"


def _keypoints(content: Any) -> Iterator[list[Any]]:
    """Yield the keypoints of people, as far as the content is of any form."""
    if isinstance(content, dict):
        content = content.get("annotations", content.get("instance_info"))
    for part in content if isinstance(content, list) else ():
        people = part.get("instances", [part]) if isinstance(part, dict) else ()
        for person in people if isinstance(people, list) else ():
            keypoints = person.get("keypoints") if isinstance(person, dict) else None
            if keypoints and isinstance(keypoints, list):
                yield keypoints


def _only_video(path: Path) -> Any:
    videos = _videos(path)
    if len(videos) > 1:
        names = first_three([f"'{video}'" for video in videos])
        raise DataError(f"'{path}' holds the frames of {len(videos)} videos, {names}: read it alone, source={path}")
    return next(iter(videos.values()))


def _detections(path: Path, content: Any, topology: Topology) -> PoseDetections:
    detections = PoseDetections(path, topology)
    if content and _is_list_of(content, "keypoint_scores"):
        _add_mmpose(detections, [{"frame_id": 0, "instances": content}])
    elif _is_list_of(content, "keypoints"):
        _add_results(detections, content)
    elif _is_list_of(content, "instances"):
        _add_mmpose(detections, content)
    elif isinstance(content, dict) and "annotations" in content and "images" in content:
        _add_annotations(detections, content)
    elif isinstance(content, dict) and "instance_info" in content:
        _add_mmpose(detections, expect(content["instance_info"], list, f"'{path}': instance_info"))
    else:
        raise DataError(
            f"'{path}' must be a list of COCO results, such as {_SHORTEST}, an object with images and annotations, or "
            f"predictions of MMPose (instance_info, or a list of frame_id and instances), found {describe(content)}"
        )
    return detections


def _keys(value: Any) -> Sequence[str]:
    return list(value) if isinstance(value, dict) else ()


def _is_list_of(content: Any, key: str) -> bool:
    return isinstance(content, list) and all(key in _keys(entry) for entry in content)


def _alphapose(image: str, content: Any, where: str) -> Iterator[dict[str, Any]]:
    """Yield the people in an image of AlphaPose's formats `open` and `cmu` as COCO results."""
    where = f"{where}, '{image[:50]}'"
    people, keypoints = ("people", "pose_keypoints_2d") if "people" in content else ("bodies", "joints")
    for person in expect(content[people], list, f"{where}: {people}"):
        yield {"image_id": image, "keypoints": expect_key(person, keypoints, f"{where}: {people}")}


def _add_results(detections: PoseDetections, results: list[dict]) -> None:
    alone = len({str(person.get("image_id")) for person in results}) == 1  # of one image, whose name may be any
    for i, person in enumerate(results):
        where = f"'{detections.source}', result {i}"
        values = _flat(person, detections.topology, where)
        frame = expect_key(person, "image_id", where)
        if isinstance(frame, str):
            frame = 0 if alone else _number_in(frame, f"{where}: image_id")
        expect(frame, int, f"{where}: image_id")
        detections.add(frame, values[:, :2], values[:, 2], _identity(person, where))


def _add_annotations(detections: PoseDetections, content: dict[str, Any]) -> None:
    path, topology = detections.source, detections.topology
    for i, category in enumerate(expect(content.get("categories", []), list, f"'{path}': categories")):
        if isinstance(category, dict) and "keypoints" in category:
            _check_names(category["keypoints"], topology, f"'{path}', category {i}: keypoints")
    images = expect(content["images"], list, f"'{path}': images")
    by_id: dict[Any, int] = {}
    has_frames = all(isinstance(image, dict) and "frame_id" in image for image in images)
    for i, image in enumerate(images):
        where = f"'{path}', image {i}"
        number = expect_key(image, "id", where)
        if type(number) not in (int, str) or number in by_id:
            raise DataError(f"{where}: id must be a unique whole number or text, found {describe(number)}")
        if has_frames:
            by_id[number] = expect(image["frame_id"], int, f"{where}: frame_id")
        else:
            name = expect(expect_key(image, "file_name", where), str, f"{where}: file_name")
            by_id[number] = _number_in(name, f"{where}: file_name")
        detections.add_frame(by_id[number])
    for i, person in enumerate(expect(content["annotations"], list, f"'{path}': annotations")):
        where = f"'{path}', annotation {i}"
        values = _flat(person, topology, where)
        image = expect_key(person, "image_id", where)
        if type(image) not in (int, str) or image not in by_id:
            raise DataError(f"{where}: image_id {describe(image)} is not the id of an image")
        visibility = values[:, 2]
        if not (valid := np.isin(visibility, (0, 1, 2))).all():
            joint = int(np.argmin(valid))
            found = f"joint '{topology.joints[joint]}' has the visibility {visibility[joint]:g}"
            raise DataError(f"{where}: {found}, expected 0, 1 or 2; detections are a list of results")
        detections.add(by_id[image], values[:, :2], visibility / 2, _identity(person, where))


def _add_mmpose(detections: PoseDetections, frames: list[Any]) -> None:
    path, topology = detections.source, detections.topology
    for i, frame in enumerate(frames):
        where = f"'{path}', entry {i}"
        number = expect(expect_key(frame, "frame_id", where), int, f"{where}: frame_id")
        detections.add_frame(number)
        for k, person in enumerate(expect(expect_key(frame, "instances", where), list, f"{where}: instances")):
            where = f"'{path}', frame {number}, instance {k}"
            points, scores = (
                _body(expect_key(person, key, where), topology) for key in ("keypoints", "keypoint_scores")
            )
            points = expect_joints(points, topology, f"{where}: keypoints")
            scores = expect_numbers(scores, topology.num_joints, f"{where}: keypoint_scores")
            detections.add(number, points, scores, _identity(person, where))


def _flat(person: Any, topology: Topology, where: str) -> np.ndarray:
    """Return x, y and confidence or visibility of a person's keypoints, [V, 3]."""
    values = expect(expect_key(person, "keypoints", where), list, f"{where}: keypoints")
    values = _body(values, topology, 3)
    if len(values) != 3 * topology.num_joints:
        expected = f"three numbers for each of the {topology.num_joints} joints of topology '{topology.name}'"
        model = _MODELS.get(len(values) / 3)
        advice = f": say topology={model}" if model and topology.name in _MODELS.values() else ""
        raise DataError(f"{where}: keypoints must be {expected}, found {len(values)}{advice}")
    return expect_numbers(values, len(values), f"{where}: keypoints").reshape(-1, 3)


def _body(values: Any, topology: Topology, each: int = 1) -> Any:
    """Return the values of the body, `each` a joint, which come first in those of a whole body."""
    if isinstance(values, list) and _WHOLE_BODIES.get(len(values) / each) == topology.num_joints:
        return values[: each * topology.num_joints]
    return values


def _check_names(names: Any, topology: Topology, where: str) -> None:
    expect(names, list, where)
    wrong = [name for name, joint in zip_longest(names, topology.joints) if name != joint]
    if wrong:
        expected = f"the {topology.num_joints} joints of topology '{topology.name}'"
        raise DataError(f"{where} must be {expected}, found {len(names)}, {describe(wrong[0])} first to differ")


def _number_in(name: str, where: str) -> int:
    """Return the last number in a file name before its suffix, such as 12 of `clip3_000012.jpg`."""
    digits = re.findall(r"[0-9]+", Path(name).stem)
    if not digits or len(digits[-1]) > 18:
        raise DataError(f"{where} must end in the number of the frame, found {describe(name)}")
    return int(digits[-1])


def _identity(person: dict, where: str) -> int:
    """Return `track_id`, or AlphaPose's `idx`, a number or a list of one, which is 0 where it did not track."""
    if (value := person.get("track_id")) is not None:
        return expect(value, int, f"{where}: track_id")
    value = person.get("idx", 0)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    return expect(value, int, f"{where}: idx") or -1
