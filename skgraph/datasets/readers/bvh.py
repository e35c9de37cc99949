"""Reader of a folder of BVH files (motion capture) with a CSV of their labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from skgraph.datasets.formats.bvh_file import BvhFile
from skgraph.datasets.formats.bvh_topology import bvh_topology
from skgraph.datasets.label_table import read_label_table
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.datasets.readers.reader import clip_path, open_topology, to_float32, z_up_to_y_up
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology
from skgraph.topology.joint_names import mirror_pairs

_RATE_TOLERANCE = 0.01


def read_bvh(
    source: str | Path,
    unit: str,
    topology: str | Topology | None = None,
    labels: str | Path | None = None,
    up: str = "y",
    every: int = 1,
    end_sites: bool = False,
    labelled: bool = True,
) -> RawDataset:
    """Open a folder of BVH files, one clip each, and check their hierarchies; the motion is read lazily.

    A clip is ``NAME.bvh``, one body; labels are those of `read_label_table`. Forward kinematics gives joint
    positions (`BvhFile.positions`), stored with y up. Without a topology the first file gives one (`bvh_topology`), and
    all others must have its hierarchy; offsets may differ. With a topology, its joints, End Sites (``<Joint>End``)
    included, are taken by name from the hierarchy of each file.

    The format has no unit, and centimetres are usual; if the bodies are too small or too large, `write_store` names the
    unit that fits.

    Args:
        source: the folder, or one file.
        unit: `m`, `cm`, `mm`, `inch`, `cmu` (of the CMU database) or `normalised`.
        topology: a topology, its name, or the path of its file; by default that of the first file.
        labels: the CSV or the pattern of names; by default `labels.csv` in the folder.
        up: the files' vertical axis, `y` or `z`; of `z`, (x, y, z) becomes (x, z, -y).
        every: keep the frames 0, every, 2 every, ...: motion capture has 120 a second and more.
        end_sites: make End Sites joints, unless a topology is given, which lists its own.
        labelled: False reads every clip of the folder, without labels.

    Raises:
        ConfigError: an option is invalid, or `end_sites` is given together with a topology.
        DataError: files and CSV do not match, a file is broken, hierarchies or frame rates differ, or a file lacks a
            joint of the topology.
    """
    source = Path(source).expanduser()
    if up not in ("y", "z"):
        raise ConfigError(f"up must be y or z, the axis of the files that points up, found '{up}'")
    if not isinstance(every, int) or every < 1:
        raise ConfigError(f"every must be a whole number, 1 or more, found {every}")
    if topology is not None and end_sites:
        raise ConfigError("end_sites is for files without a topology: a topology names its End Sites itself")
    if topology is not None:
        topology = open_topology(topology, 3, "BVH files")
    columns = read_label_table(source, ".bvh", labels, labelled)
    if not columns["name"]:
        raise DataError(f"the CSV of '{source}' names no clip: nothing to read")
    files = [BvhFile.open(clip_path(source, name, ".bvh")) for name in columns["name"]]
    _check_rates(files)
    if topology is None:
        topology = bvh_topology(files[0], end_sites, up)
        _check_hierarchies(files)
        columns["notes"] += _unmirrored(topology)
    indices = [_joint_indices(file, topology) for file in files]
    scale = unit_factor(unit, topology)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for file, wanted in zip(files[part], indices[part], strict=True):
            positions = file.positions(wanted, every)
            joints = to_float32(z_up_to_y_up(positions) if up == "z" else positions, scale)[None]
            yield RawClip(joints, frame_mask=np.ones(joints.shape[:2], bool))

    done = [f"1 of {every} frames kept"] if every > 1 else []
    done += ["z up to y up"] if up == "z" else []
    return RawDataset(
        topology=topology,
        clips=clips,
        unit=unit,
        fps=_rate(files[0]) / every,
        source=source.resolve().name,
        preprocessing="; ".join(["forward kinematics", *done]),
        **columns,
    )


def _rate(file: BvhFile) -> float:
    """Return frames a second; frame times are rounded in the files, 0.0083333 for 120 a second."""
    return round(1 / file.frame_time, 2)


def _check_rates(files: list[BvhFile]) -> None:
    first = files[0]
    for file in files[1:]:
        if abs(file.frame_time / first.frame_time - 1) > _RATE_TOLERANCE:
            rates = f"'{file.path}' has {_rate(file):g} frames a second, '{first.path}' has {_rate(first):g}"
            raise DataError(f"{rates}: a store has one rate, use a folder for each")


def _check_hierarchies(files: list[BvhFile]) -> None:
    first, *others = (_describe_joints(file) for file in files)
    for file, joints in zip(files[1:], others, strict=True):
        for i, (expected, found) in enumerate(zip_longest(first, joints, fillvalue="nothing")):
            if found != expected:
                problem = f"'{file.path}' has another hierarchy than '{files[0].path}': joint {i} is {found}"
                raise DataError(f"{problem}, expected {expected}; topology=NAME takes joints by name")


def _describe_joints(file: BvhFile) -> list[str]:
    root, *others = file.joints
    kinds = [("the End Site" if joint.is_end else f"'{joint.name}'", joint.parent) for joint in others]
    return [f"the root '{root.name}'", *(f"{kind} of '{file.joints[parent].name}'" for kind, parent in kinds)]


def _joint_indices(file: BvhFile, topology: Topology) -> list[int]:
    """Return the index of each joint of the topology in a file; a joint wins over an End Site of the same name."""
    index_of: dict[str, int] = {}
    for i, joint in enumerate(file.joints):
        if not joint.is_end or joint.name not in index_of:
            index_of[joint.name] = i
    if missing := [joint for joint in topology.joints if joint not in index_of]:
        found = ", ".join(joint.name for joint in file.joints if not joint.is_end)
        problem = f"lacks {len(missing)} joints of topology '{topology.name}': {first_three(missing)}"
        raise DataError(f"'{file.path}' {problem}; it has {found}")
    return [index_of[joint] for joint in topology.joints]


def _unmirrored(topology: Topology) -> list[str]:
    """Return a note on mirror counterparts by name that the topology's mirror leaves out."""
    alone = [
        f"{left} and {right}"
        for left, right in mirror_pairs(topology.joints).items()
        if topology.mirror[topology.joint(left)] == topology.joint(left)
    ]
    problem = "pairs of joints are no mirror images, for their bones differ"
    advice = "a topology file of your own can leave joints out"
    return [f"{len(alone)} {problem}: {first_three(alone)}; {advice}"] if alone else []
