"""Reader of the skeletons of UTD-MHAD, Matlab files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.files import numbered_files
from skgraph.datasets.formats.action_names import action_names
from skgraph.datasets.formats.mat_file import read_mat_array
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset, Split
from skgraph.datasets.readers.reader import clip_path, to_float32
from skgraph.errors import DataError
from skgraph.topology import Topology

_LARGEST = 2**22  # bytes; the longest clip has a fiftieth of that


def read_utd_mhad(source: str | Path) -> RawDataset:
    """Open the folder ``Skeleton`` of UTD-MHAD; clips are read lazily.

    Chen, Jafari, Kehtarnavaz, UTD-MHAD: A Multimodal Dataset for Human Action Recognition Utilizing a Depth Camera and
    a Wearable Inertial Sensor, ICIP 2015: 27 actions of 8 people before a Kinect v1, up to 4 times each.
    ``a1_s1_t1_skeleton.mat`` (action, subject, trial) holds ``d_skel [20, 3, T]`` in the joint order of topology
    `utd_mhad`, in metres in the frame of the camera: x to its left, y up, z away from it; 30 frames a second. There is
    no confidence; a joint at exactly (0, 0, 0) was not seen and is filled in (`fill_missing`).

    The split is the published one, `xsub`: subjects 1, 3, 5, 7 train, 2, 4, 6, 8 test.

    Args:
        source: the folder, or the file of one clip.

    Raises:
        DataError: a file name is not of this dataset, or a file is broken or has no array of numbers ``d_skel``.
    """
    source = Path(source).expanduser()
    topology = Topology.load("utd_mhad")
    names, numbers = numbered_files(
        source,
        "_skeleton.mat",
        r"a(?P<action>\d\d?)_s(?P<subject>\d)_t\d",
        "a1_s1_t1_skeleton.mat",
        {"action": range(1, 28), "subject": range(1, 9)},
    )

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name in names[part]:
            joints = _read(clip_path(source, name, "_skeleton.mat"))[None]
            yield RawClip(*fill_missing(joints, (joints != 0).any(axis=-1), topology))

    return RawDataset(
        topology=topology,
        class_names=action_names("utd_mhad"),
        name=names,
        y=numbers["action"] - 1,
        clips=clips,
        unit="m",
        fps=30.0,
        source="UTD-MHAD",
        subject=numbers["subject"],
        splits=[Split("xsub", numbers["subject"] % 2 == 1, "subjects 1, 3, 5, 7 train, 2, 4, 6, 8 test")],
    )


def _read(path: Path) -> np.ndarray:
    """Return joints ``[T, 20, 3]``."""
    joints = read_mat_array(path, "d_skel", _LARGEST)
    if joints.ndim not in (2, 3) or joints.shape[:2] != (20, 3):
        raise DataError(f"'{path}': 'd_skel' must be [20, 3, frames], found {list(joints.shape)}")
    return to_float32(joints.reshape(20, 3, -1).transpose(2, 0, 1))
