"""A raw dataset in one topology becomes one in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.datasets.raw_clip import RawClip
from skgraph.datasets.raw_dataset import RawDataset
from skgraph.errors import DataError, TopologyError
from skgraph.topology import Topology
from skgraph.topology.topology_file import read_topology_file
from skgraph.transforms.map_joints import MapJoints, read_joint_map


def map_topology(raw: RawDataset, to: str | Path) -> RawDataset:
    """Map the joints of every clip, and their confidence, as :class:`~skgraph.transforms.MapJoints` does.

    The clips keep their dimension: those in 3D become `coco_17_3d`, the joints and bones of the 2D `coco_17` in 3D.

    Args:
        raw: the dataset.
        to: a topology, by name or path; or the path of a joint map, whose `to` is a topology by name, or by a path that
            ends in `.yaml` and starts at the map's folder. A topology that the dataset already has leaves it as it is.

    Raises:
        TopologyError: no such topology or map, joints without a source, or a topology that is 2D or 3D by its name
            (`mediapipe_33_2d`) for clips that are not.
    """
    source = raw.topology
    target, path = _target(to)
    if target.dim != source.dim:
        if target.name.endswith(f"_{target.dim}d"):
            raise TopologyError(
                f"topology_map={to} is {target.dim}D and the clips are {source.dim}D: "
                + ("that would need a camera" if target.dim == 2 else "their depth is not known")
            )
        target = target.in_dim(source.dim)
    if path is None and target == source:
        return raw
    weights = MapJoints.load(source, target, path).weights.numpy()
    done = f"joints of {source.name} as {target.name}" + (f" by {path.name}" if path is not None else "")

    def clips() -> Iterator[RawClip]:
        for name, clip in zip(raw.name, raw.clips(), strict=True):
            yield clip if clip.excluded else _mapped(clip, weights, source, name)

    return replace(
        raw,
        topology=target,
        clips=clips,
        preprocessing="; ".join(filter(None, [raw.preprocessing, done])),
        notes=[*raw.notes, *_stacked(weights, source, target)],
    )


def _stacked(weights: np.ndarray, source: Topology, target: Topology) -> list[str]:
    """Says which joints of the target stand at one place, because the source has no joints of their own for them."""
    _, place = np.unique(weights, axis=0, return_inverse=True)
    groups = [np.flatnonzero(place.ravel() == i) for i in range(int(place.max()) + 1)]
    notes = []
    for group in groups:
        if len(group) > 1:
            names = ", ".join(target.joints[joint] for joint in group)
            sources = " and ".join(source.joints[joint] for joint in np.flatnonzero(weights[group[0]]))
            notes.append(f"{names} stand at one place, that of {source.name}'s {sources}")
    return notes


def _target(to: str | Path) -> tuple[Topology, Path | None]:
    """The topology to map to, and the file of the joint map, where it is one."""
    path = Path(to).expanduser()
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return Topology.load(to), None
    content = read_topology_file(path)
    if not isinstance(content, dict) or "to" not in content:
        return Topology(content, str(path)), None
    word = read_joint_map(path)["to"]
    return Topology.load(path.parent / word if word.endswith((".yaml", ".yml")) else word), path


def _mapped(clip: RawClip, weights: np.ndarray, source: Topology, name: str) -> RawClip:
    joints, there = np.asarray(clip.joints), clip.there
    expected = (source.num_joints, source.dim)
    if joints.ndim != 4 or joints.shape[2:] != expected:
        raise DataError(
            f"clip '{name}': expected joints [M, T, {expected[0]}, {expected[1]}] for topology '{source.name}', found "
            f"{list(joints.shape)}"
        )
    # A number that is none would spread to all joints of its frame, and hide which one it was.
    bad = ~np.isfinite(joints) & there[:, :, None, None]
    if bad.any():
        body, frame, joint, _ = np.argwhere(bad)[0]
        raise DataError(
            f"clip '{name}': body {body}, frame {frame}, joint '{source.joints[joint]}' is "
            f"{joints[body, frame, joint].tolist()}, expected finite numbers"
        )
    joints = weights @ np.where(there[:, :, None, None], joints, 0)
    confidence = clip.confidence
    if confidence is not None and confidence.size:
        # A mean is not above the largest value, but for rounding.
        confidence = np.minimum(confidence @ weights.T, confidence.max())
    return replace(clip, joints=joints, frame_mask=there, confidence=confidence)
