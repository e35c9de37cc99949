"""Reads Northwestern-UCLA Multiview Action 3D in JSON, as the skeleton papers exchange it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skgraph.datasets.files import numbered_files
from skgraph.datasets.formats.json_file import describe, read_json
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset, Split
from skgraph.datasets.readers.reader import to_float32
from skgraph.errors import DataError
from skgraph.topology import Topology

# By the action numbers of the file names, which leave out 7 and 10.
_ACTIONS = {
    1: "pick up with one hand",
    2: "pick up with two hands",
    3: "drop trash",
    4: "walk around",
    5: "sit down",
    6: "stand up",
    8: "donning",
    9: "doffing",
    11: "throw",
    12: "carry",
}
_LARGEST = 8 * 2**20  # bytes; the files have less than one MiB


def read_nw_ucla(source: str | Path) -> RawDataset:
    """Open the folder ``all_sqe`` of NW-UCLA; the clips are read when they are asked for.

    Wang et al., Cross-view Action Modeling, Learning and Recognition, CVPR 2014: 10 actions of 10 people before three
    Kinects. The files are those that Shift-GCN and CTR-GCN train on: ``a01_s01_e00_v01.json`` (action, subject,
    example, view) holds ``skeletons [T, 20, 3]`` and ``label``, which counts the actions from 1 without gaps. Joints
    are in the order of topology `kinect_v1`, in metres in the frame of the camera: x to its left, so that a person who
    faces it has the right hand at the larger x; y up; z away from it. The files have no confidence; a joint at exactly
    (0, 0, 0) was not seen and is filled in (`fill_missing`). The rate, 30 a second, is the sensor's.

    The split is the published one, `xview`: views 1 and 2 train, view 3 tests. The camera of a clip is its view.

    Args:
        source: the folder.

    Raises:
        DataError: a file name is not of this dataset, a file is broken, or its label is not that of its name.
    """
    folder = Path(source).expanduser()
    topology = Topology.load("kinect_v1")
    names, numbers = numbered_files(
        folder,
        ".json",
        r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e\d\d_v(?P<view>\d\d)",
        "a01_s01_e00_v01.json",
        {"action": _ACTIONS, "subject": range(1, 11), "view": (1, 2, 3)},
    )
    y = np.searchsorted(list(_ACTIONS), numbers["action"])

    def clips() -> Iterator[RawClip]:
        for name, label in zip(names, y, strict=True):
            joints = _read(folder / f"{name}.json", int(label) + 1)[None]
            yield RawClip(*fill_missing(joints, (joints != 0).any(axis=-1), topology))

    return RawDataset(
        topology=topology,
        class_names=list(_ACTIONS.values()),
        name=names,
        y=y,
        clips=clips,
        unit="m",
        fps=30.0,
        source="Northwestern-UCLA Multiview Action 3D",
        subject=numbers["subject"],
        camera=numbers["view"],
        splits=[Split("xview", numbers["view"] != 3, "views 1, 2 train, view 3 tests")],
    )


def _read(path: Path, label: int) -> np.ndarray:
    """Joints ``[T, 20, 3]`` of a clip that has this label, counted from 1."""
    content = read_json(path, _LARGEST)
    if not isinstance(content, dict) or "skeletons" not in content or "label" not in content:
        raise DataError(f"'{path}' must be an object with 'skeletons' and 'label'")
    if content["label"] != label or isinstance(content["label"], bool):
        raise DataError(f"'{path}' has the label {describe(content['label'])}, its name says {label}")
    return _joints(path, content["skeletons"])


def _listed(joint: Any) -> str:
    return ", ".join(map(describe, joint[:4])) or "none" if isinstance(joint, list) else describe(joint)


def _joints(path: Path, skeletons: Any) -> np.ndarray:
    if not isinstance(skeletons, list):
        raise DataError(f"'{path}': 'skeletons' must be a list of frames, found {describe(skeletons)}")
    for t, frame in enumerate(skeletons):
        if not isinstance(frame, list) or len(frame) != 20:
            found = f"{len(frame)} joints" if isinstance(frame, list) else describe(frame)
            raise DataError(f"'{path}', frame {t}: expected 20 joints, found {found}")
        for v, joint in enumerate(frame):
            if not isinstance(joint, list) or len(joint) != 3 or not all(type(x) in (int, float) for x in joint):
                raise DataError(f"'{path}', frame {t}, joint {v}: expected three numbers, found {_listed(joint)}")
    try:
        return to_float32(np.array(skeletons, np.float64)).reshape(-1, 20, 3)
    except OverflowError as error:  # an integer of hundreds of digits
        raise DataError(f"'{path}': a coordinate is too large: {error}") from error
