"""Reader of the skeletons of MSR Action3D, text files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from skgraph.datasets.files import numbered_files
from skgraph.datasets.formats.action_names import action_names
from skgraph.datasets.formats.text_file import parse_numbers, read_lines
from skgraph.datasets.preparation.missing_joints import fill_missing
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset, Split
from skgraph.datasets.readers.reader import clip_path, to_float32
from skgraph.errors import ConfigError, DataError
from skgraph.topology import Topology

_SUBSETS = {
    "all": range(1, 21),
    "as1": (2, 3, 5, 6, 10, 13, 18, 20),
    "as2": (1, 4, 7, 8, 9, 11, 12, 14),
    "as3": (6, 14, 15, 16, 17, 18, 19, 20),
}
# The order of the lines of a frame, from a tracker older than the Kinect SDK.
_JOINTS = """
    ShoulderLeft ShoulderRight ShoulderCenter Spine HipLeft HipRight HipCenter ElbowLeft ElbowRight
    WristLeft WristRight HandLeft HandRight KneeLeft KneeRight AnkleLeft AnkleRight FootLeft FootRight
    Head
""".split()
_SUFFIX = "_skeleton3D.txt"
_MOST_LINES = 20 * 10_000  # the longest clip has fewer than a hundred frames


def read_msr_action3d(source: str | Path, subset: str = "all") -> RawDataset:
    """Open the folder ``MSRAction3DSkeletonReal3D`` of MSR Action3D; clips are read lazily.

    Li, Zhang, Liu, Action Recognition Based on a Bag of 3D Points, CVPR Workshops 2010: 20 actions of 10 people, up to
    3 times each, 15 frames a second. ``a01_s01_e01_skeleton3D.txt`` (action, subject, example) has a line for each
    joint of each frame, 20 a frame: x, y, z and confidence. Coordinates are metres in the frame of the camera: x to its
    left, so that a person who faces it has the right hand at the larger x; y up; z away from it. The dataset's joint
    order is its own; clips are in that of topology `kinect_v1`.

    Confidence is 0 to 1. Trunk and feet, which the tracker infers, have valid positions and a confidence of 0
    throughout; a joint at exactly (0, 0, 0) was not seen and is filled in (`fill_missing`). Some clips are zero
    throughout and left out. The files in pixels and depth (``*_skeleton.txt``) are not read.

    The split is the usual one, `xsub`: subjects 1, 3, 5, 7, 9 train, the others test.

    Args:
        source: the folder, or the file of one clip.
        subset: `all`, or one of the three sets of eight actions that the paper tests apart: `as1`, `as2`, `as3`.

    Raises:
        ConfigError: another subset.
        DataError: a file name is not of this dataset, the subset has no file, or a file is broken.
    """
    if subset not in _SUBSETS:
        raise ConfigError(f"subset must be one of {', '.join(_SUBSETS)}, found '{subset}'")
    source = Path(source).expanduser()
    if not any(source.glob(f"*{_SUFFIX}")) and any(source.glob("*_skeleton.txt")):
        expected = f"those in metres, *{_SUFFIX}, of MSRAction3DSkeletonReal3D"
        raise DataError(f"'{source}' has the skeletons in pixels and depth (*_skeleton.txt), expected {expected}")
    topology = Topology.load("kinect_v1")
    names, numbers = numbered_files(
        source,
        _SUFFIX,
        r"a(?P<action>\d\d)_s(?P<subject>\d\d)_e\d\d",
        f"a01_s01_e01{_SUFFIX}",
        {"action": range(1, 21), "subject": range(1, 11)},
    )
    actions = _SUBSETS[subset]
    kept = np.flatnonzero(np.isin(numbers["action"], list(actions)))
    if not len(kept):
        raise DataError(f"'{source}' has no clip of subset {subset}, the actions {', '.join(map(str, actions))}")
    names, subject = [names[i] for i in kept], numbers["subject"][kept]
    order = [_JOINTS.index(joint) for joint in topology.joints]

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name in names[part]:
            values = _read(clip_path(source, name, _SUFFIX))[None, :, order]
            joints, confidence = values[..., :3], values[..., 3]
            seen = (joints != 0).any(axis=-1)
            yield RawClip(*fill_missing(joints, seen, topology), confidence=np.where(seen, confidence, 0))

    return RawDataset(
        topology=topology,
        class_names=[action_names("msr_action3d")[action - 1] for action in actions],
        name=names,
        y=np.searchsorted(actions, numbers["action"][kept]),
        clips=clips,
        unit="m",
        fps=15.0,
        source="MSR Action3D" if subset == "all" else f"MSR Action3D, {subset.upper()}",
        subject=subject,
        splits=[Split("xsub", subject % 2 == 1, "subjects 1, 3, 5, 7, 9 train, 2, 4, 6, 8, 10 test")],
    )


def _read(path: Path) -> np.ndarray:
    """Return joints and confidence ``[T, 20, 4]`` in the order of the file."""
    rows: list[np.ndarray] = []
    for number, line in read_lines(path):
        if not line:
            continue
        try:
            rows.append(parse_numbers(line.encode(), 4))
        except ValueError as error:
            raise DataError(f"'{path}', line {number}: x, y, z and confidence: {error}") from None
        if len(rows) > _MOST_LINES:
            raise DataError(f"'{path}' has more than {_MOST_LINES} lines, expected one clip")
    if len(rows) % len(_JOINTS):
        raise DataError(f"'{path}' has {len(rows)} lines, expected {len(_JOINTS)} for every frame")
    return to_float32(np.array(rows, np.float64)).reshape(-1, len(_JOINTS), 4)
