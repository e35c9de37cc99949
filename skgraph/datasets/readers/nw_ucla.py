"""Reader of Northwestern-UCLA Multiview Action 3D in JSON, the form that skeleton papers exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.files import numbered_files
from skgraph.datasets.formats.action_names import action_names
from skgraph.datasets.formats.json_file import describe, expect, expect_key, read_json
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset, Split
from skgraph.datasets.readers.reader import clip_path, expect_joints, to_float32
from skgraph.errors import DataError
from skgraph.topology import Topology

_ACTIONS = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12)  # numbers of the file names
_LARGEST = 8 * 2**20  # bytes; the files have less than one MiB


def read_nw_ucla(source: str | Path) -> RawDataset:
    """Open the folder ``all_sqe`` of NW-UCLA; clips are read lazily.

    Wang et al., Cross-view Action Modeling, Learning and Recognition, CVPR 2014: 10 actions of 10 people before three
    Kinects. The files are those that Shift-GCN and CTR-GCN train on: ``a01_s01_e00_v01.json`` (action, subject,
    example, view) holds ``skeletons [T, 20, 3]`` and ``label``, which counts the actions from 1 without gaps. Joints
    are in the order of topology `kinect_v1`, in metres in the frame of the camera: x to its left, so that a person who
    faces it has the right hand at the larger x; y up; z away from it. The files have no confidence; a joint at exactly
    (0, 0, 0) was not seen and is filled in (`fill_missing`). The rate, 30 a second, is the sensor's.

    The split is the published one, `xview`: views 1 and 2 train, view 3 tests. The camera of a clip is its view.

    Args:
        source: the folder, or the file of one clip.

    Raises:
        DataError: a file name is not of this dataset, a file is broken, or its label and its name disagree.
    """
    source = Path(source).expanduser()
    topology = Topology.load("kinect_v1")
    names, numbers = numbered_files(
        source,
        ".json",
        r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e\d\d_v(?P<view>\d\d)",
        "a01_s01_e00_v01.json",
        {"action": _ACTIONS, "subject": range(1, 11), "view": (1, 2, 3)},
    )
    y = np.searchsorted(_ACTIONS, numbers["action"])

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name, label in zip(names[part], y[part], strict=True):
            joints = _read(clip_path(source, name, ".json"), int(label) + 1, topology)[None]
            yield RawClip(*fill_missing(joints, (joints != 0).any(axis=-1), topology))

    return RawDataset(
        topology=topology,
        class_names=action_names("nw_ucla"),
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


def _read(path: Path, label: int, topology: Topology) -> np.ndarray:
    """Return joints ``[T, 20, 3]`` of a clip that must have this label, counted from 1."""
    content = read_json(path, _LARGEST)
    found = expect_key(content, "label", f"'{path}'")
    if found != label or isinstance(found, bool):
        raise DataError(f"'{path}' has the label {describe(found)}, expected {label} as in its name")
    frames = expect(expect_key(content, "skeletons", f"'{path}'"), list, f"'{path}': skeletons")
    joints = [expect_joints(frame, topology, f"'{path}', frame {t}") for t, frame in enumerate(frames)]
    return to_float32(np.array(joints, np.float64).reshape(-1, topology.num_joints, topology.dim))
