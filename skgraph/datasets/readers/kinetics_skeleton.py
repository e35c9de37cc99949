"""Reader of Kinetics-Skeleton, the OpenPose skeletons of Kinetics videos that ST-GCN published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skgraph.datasets.files import folder_files
from skgraph.datasets.formats.json_file import describe, expect, expect_key, expect_numbers, read_json
from skgraph.datasets.preparation.pose_detections import PoseDetections, check_detection_options
from skgraph.datasets.preparation.published_splits import given_split
from skgraph.datasets.raw_dataset import ALL_CLIPS, NO_SKELETON, RawClip, RawDataset
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology

_SIDES = {"kinetics_train": "train", "kinetics_val": "test"}


class _Video(NamedTuple):
    """An entry of a label file, and the file of the skeletons."""

    path: Path
    label: str
    label_index: int
    has_skeleton: bool
    side: str = ""


def read_kinetics_skeleton(
    source: str | Path,
    labels: str | Path | None = None,
    fps: float = 30.0,
    max_bodies: int = 2,
    min_confidence: float = 0.05,
    labelled: bool = True,
) -> RawDataset:
    """Open Kinetics-Skeleton and check its label files; clips are read lazily.

    The format is that of the release of ST-GCN (Yan et al., AAAI 2018): a folder of `VIDEO.json` with `data`, a list
    of `frame_index` and `skeleton`, a list of people with `pose` (x and y of 18 joints in turn, as fractions of the
    image's width and height) and `score` (18, 0 where a joint was not found); and a file of labels, by VIDEO
    `has_skeleton`, `label` and `label_index`. Videos without a skeleton are left out. The clip begins with the lowest
    frame_index, 1 in the release; missing frames are gaps. People are tracked by `track_bodies`; ST-GCN's loader takes
    the two with the highest score in each frame instead.

    Images have y down: y is negated, so that it is up, from -1 to 0. The images were 340 by 256, so that normalised
    bodies are narrower than real ones.

    Args:
        source: the folder that holds `kinetics_train` and `kinetics_val`, which become the split, or one such folder,
            or one clip, which needs no labels.
        labels: the label file of one folder; by default the one beside it, FOLDER_label.json.
        fps: frames a second; the release has 30.
        max_bodies: number of bodies that a clip keeps, see `track_bodies`.
        min_confidence: joints of lower confidence count as not seen; 0.05 is OpenPose's threshold of drawing.
        labelled: False reads every clip of the folder, without the label file.

    Raises:
        ConfigError: an option is out of range.
        DataError: clips and labels do not match, or a file is broken or is no Kinetics-Skeleton.
    """
    folder = Path(source).expanduser()
    check_detection_options(max_bodies, min_confidence)
    if not folder.exists():
        raise DataError(f"no folder at '{folder}': expected kinetics_train and kinetics_val, or clips VIDEO.json")
    folders = {folder / name: side for name, side in _SIDES.items() if (folder / name).is_dir()} or {folder: ""}
    labelled = labelled and folder.is_dir()
    if labels is not None and (len(folders) > 1 or folder not in folders):
        raise ConfigError(f"labels={labels} is of one folder: say source={folder / 'kinetics_train'}, or leave it out")
    videos: list[_Video] = []
    for path, side in folders.items():
        table = None
        if labelled:
            table = Path(labels).expanduser() if labels is not None else path.parent / f"{path.name}_label.json"
        videos += _videos(path, table, side)
    class_names, y, notes = _classes(videos)
    topology = Topology.load("openpose_18")

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for video in videos[part]:
            if not video.has_skeleton:
                yield RawClip.left_out(NO_SKELETON)
                continue
            detections = _detections(video, topology, labelled)
            yield detections.to_clip((1, -1), max_bodies, min_confidence)

    names = [video.path.stem for video in videos]
    return RawDataset(
        topology=topology,
        class_names=class_names,
        name=names,
        y=y,
        clips=clips,
        unit="normalised",
        fps=fps,
        source=f"Kinetics-Skeleton ({folder.resolve().name})",
        splits=[given_split([video.side for video in videos], names)] if len(folders) > 1 else [],
        notes=notes,
        preprocessing=f"y negated; joints below confidence {min_confidence:g} filled in; at most {max_bodies} bodies",
    )


def _videos(folder: Path, table: Path | None, side: str) -> list[_Video]:
    """List the clips of a folder, in the order of their names; or the clip that is a file."""
    files = {path.stem: path for path in (folder_files(folder, ".json", table) if folder.is_dir() else [folder])}
    if not files:
        raise DataError(f"no .json file in '{folder}': expected a clip VIDEO.json each")
    if table is None:
        return [_Video(path, "unlabelled", 0, True, side) for path in files.values()]
    if not table.is_file():
        raise DataError(f"no labels at '{table}': expected the label file of the release, or say labels=FILE.json")
    content = expect(read_json(table), dict, f"'{table}'")
    entries = {name: _entry(value, f"'{table}', '{name}'") for name, value in content.items()}
    if lost := sorted(set(files) - set(entries)):
        raise DataError(f"{len(lost)} clips of '{folder}' are not in '{table}': {first_three(lost)}")
    if lost := sorted(name for name in set(entries) - set(files) if entries[name][2]):
        raise DataError(f"{len(lost)} clips of '{table}' have no .json file in '{folder}': {first_three(lost)}")
    return [_Video(files.get(name, folder / f"{name}.json"), *entries[name], side) for name in sorted(entries)]


def _entry(value: Any, where: str) -> tuple[str, int, bool]:
    """Return label, label_index and has_skeleton."""
    label = expect(expect_key(value, "label", where), str, f"{where}: label")
    index = expect(expect_key(value, "label_index", where), int, f"{where}: label_index")
    return label, index, expect(expect_key(value, "has_skeleton", where), bool, f"{where}: has_skeleton")


def _classes(videos: list[_Video]) -> tuple[list[str], np.ndarray, list[str]]:
    """Return class names, labels, and a note where the classes were renumbered."""
    names: dict[int, str] = {}
    for video in videos:
        if names.setdefault(video.label_index, video.label) != video.label:
            both = f"'{names[video.label_index]}' and '{video.label}' (clip '{video.path.stem}')"
            raise DataError(f"label_index {describe(video.label_index)} is {both}")
    known = sorted(names)
    order = {index: label for label, index in enumerate(known)}
    y = np.array([order[video.label_index] for video in videos], np.int64)
    renumbered = known != list(range(len(known)))
    notes = [f"{len(known)} classes, renumbered from 0 in the order of label_index"] if renumbered else []
    return [names[index] for index in known], y, notes


def _detections(video: _Video, topology: Topology, labelled: bool) -> PoseDetections:
    path, joints = video.path, topology.num_joints
    content = read_json(path)
    frames = expect(expect_key(content, "data", f"'{path}'"), list, f"'{path}': data")
    if labelled:
        index = expect_key(content, "label_index", f"'{path}'")
        if index != video.label_index:
            expected = f"{video.label_index} ('{video.label}') by the label file"
            raise DataError(f"'{path}' has label_index {describe(index)}, expected {expected}")
    detections = PoseDetections(path, topology)
    for i, frame in enumerate(frames):
        where = f"'{path}', data {i}"
        number = expect(expect_key(frame, "frame_index", where), int, f"{where}: frame_index")
        detections.add_frame(number)
        people = expect(expect_key(frame, "skeleton", where), list, f"{where}: skeleton")
        for k, person in enumerate(people):
            where = f"'{path}', frame {number}, person {k}"
            pose = expect_numbers(expect_key(person, "pose", where), 2 * joints, f"{where}: pose")
            score = expect_numbers(expect_key(person, "score", where), joints, f"{where}: score")
            detections.add(number, pose.reshape(joints, 2), score)
    return detections
