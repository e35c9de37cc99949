"""Reader of ASF and AMC files (Acclaim motion capture: the CMU database, HDM05) with a CSV of their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from skgraph.datasets.files import SourceFile, find_files
from skgraph.datasets.formats.amc_file import amc_positions
from skgraph.datasets.formats.asf_file import AsfSkeleton
from skgraph.datasets.label_table import read_label_table
from skgraph.datasets.preparation.units import unit_factor
from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.datasets.readers.reader import open_topology, to_float32, z_up_to_y_up
from skgraph.errors import ConfigError, DataError, first_three
from skgraph.topology import Topology
from skgraph.topology.derived_topology import derive_topology


def read_asf_amc(
    source: str | Path,
    unit: str = "inch",
    fps: float = 120.0,
    topology: str | Topology | None = None,
    labels: str | Path | None = None,
    up: str = "y",
    every: int = 1,
    labelled: bool = True,
) -> RawDataset:
    """Find AMC files, one clip each, and their skeletons; the motion is read lazily.

    A clip is ``NAME.amc``, one body. Its skeleton is the ``.asf`` in its folder whose name begins the clip's
    (``HDM_bd.asf`` of ``HDM_bd_walk_001_120.amc``), or the only one there. Joints are the ends of the bones, and the
    root; forward kinematics gives their positions (`AsfSkeleton.positions`), stored with y up. Without a topology they
    are `cmu_31` where the bones are those of CMU and HDM05, else a topology that `derive_topology` makes, and all
    skeletons must have the same bones; lengths may differ. With a topology, its joints are taken by name.

    Args:
        source: folders in any depth, zip archives, or one file beside its skeleton.
        unit: unit of the files' lengths after division by their `length`: `inch` in the files of CMU and HDM05; `m`,
            `cm`, `mm` or `normalised` in others.
        fps: frames a second, which the files do not tell.
        topology: a topology, its name, or the path of its file.
        labels: the CSV or the pattern of names; by default `labels.csv` in the source.
        up: the files' vertical axis, `y` or `z`; of `z`, (x, y, z) becomes (x, z, -y).
        every: keep the frames 0, every, 2 every, ...
        labelled: False reads every clip, without labels.

    Raises:
        ConfigError: an option is invalid.
        DataError: files and CSV do not match, a skeleton is broken, missing or has other bones than the first, or lacks
            a joint of the topology.
    """
    source = Path(source).expanduser()
    if up not in ("y", "z"):
        raise ConfigError(f"up must be y or z, the axis of the files that points up, found '{up}'")
    if not isinstance(every, int) or every < 1:
        raise ConfigError(f"every must be a whole number, 1 or more, found {every}")
    if topology is not None:
        topology = open_topology(topology, 3, "AMC files")
    motions = {file.stem: file for file in find_files(source, ".amc")}
    columns = read_label_table(source, ".amc", labels, labelled, clips=motions)
    if not columns["name"]:
        raise DataError(f"the CSV of '{source}' names no clip: nothing to read")
    files = [motions[name] for name in columns["name"]]
    skeletons = _skeletons(source, files)
    if topology is None:
        topology = _topology(skeletons[0], up)
        _check_bones(skeletons)
    indices = [_joint_indices(skeleton, topology) for skeleton in skeletons]
    scale = unit_factor(unit, topology)

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for file, skeleton, wanted in zip(files[part], skeletons[part], indices[part], strict=True):
            positions = amc_positions(file.read(), str(file), skeleton, every)[:, wanted]
            joints = to_float32(z_up_to_y_up(positions) if up == "z" else positions, scale / skeleton.length)[None]
            yield RawClip(joints, frame_mask=np.ones(joints.shape[:2], bool))

    done = [f"1 of {every} frames kept"] if every > 1 else []
    done += ["z up to y up"] if up == "z" else []
    return RawDataset(
        topology=topology,
        clips=clips,
        unit=unit,
        fps=fps / every,
        source=source.resolve().name,
        preprocessing="; ".join(["forward kinematics", *done]),
        **columns,
    )


def _skeletons(source: Path, files: list[SourceFile]) -> list[AsfSkeleton]:
    """Return the skeleton of each motion; motions of one file share it."""
    found = find_files(source.parent if source.suffix.lower() == ".amc" else source, ".asf", unique=False)
    parsed: dict[str, AsfSkeleton] = {}
    skeletons = []
    for file in files:
        path = str(skeleton := _skeleton_of(file, found))
        if path not in parsed:
            parsed[path] = AsfSkeleton.parse(skeleton.read(), path)
        skeletons.append(parsed[path])
    return skeletons


def _skeleton_of(motion: SourceFile, skeletons: list[SourceFile]) -> SourceFile:
    """Return the skeleton whose name begins the motion's, first of its folder; or the only one there or anywhere."""
    beside = [file for file in skeletons if _folder(file) == _folder(motion)]
    for these in (beside, skeletons):
        named = [file for file in these if re.fullmatch(re.escape(file.stem) + r"([\W_].*)?", motion.stem, re.DOTALL)]
        if named:
            return max(named, key=lambda file: len(file.stem))
    for these in (beside, skeletons):
        if len(these) == 1:
            return these[0]
    example = f"such as {motion.stem.partition('_')[0]}.asf"
    raise DataError(f"'{motion}' has no skeleton: expected an .asf whose name begins its own, {example}")


def _folder(file: SourceFile) -> tuple[str, PurePosixPath]:
    return file.container, PurePosixPath(file.path).parent


def _topology(skeleton: AsfSkeleton, up: str) -> Topology:
    """Return `cmu_31` if the skeleton has its bones, else a topology by its names and rest pose."""
    known = Topology.load("cmu_31")
    if skeleton.parents == known.to_dict()["joints"]:
        return known
    return derive_topology(f"asf_{len(skeleton.bones)}", skeleton.parents, skeleton.rest, up, source=skeleton.where)


def _check_bones(skeletons: list[AsfSkeleton]) -> None:
    first = skeletons[0]
    for other in skeletons:
        if other.parents != first.parents:
            odd = dict(set(other.parents.items()) ^ set(first.parents.items()))
            problem = f"'{other.where}' has other bones than '{first.where}': {first_three(sorted(odd))}"
            raise DataError(f"{problem}; topology=NAME takes joints by name")


def _joint_indices(skeleton: AsfSkeleton, topology: Topology) -> list[int]:
    """Return the index of each joint of the topology in a skeleton."""
    index_of = {joint: i for i, joint in enumerate(skeleton.parents)}
    if missing := [joint for joint in topology.joints if joint not in index_of]:
        problem = f"lacks {len(missing)} joints of topology '{topology.name}': {first_three(missing)}"
        raise DataError(f"'{skeleton.where}' {problem}; it has {', '.join(index_of)}")
    return [index_of[joint] for joint in topology.joints]
