"""Mapping of a raw dataset to another topology."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from skgraph.datasets.raw_dataset import ALL_CLIPS, RawClip, RawDataset
from skgraph.errors import DataError, TopologyError
from skgraph.topology import Topology
from skgraph.topology.topology_file import read_topology_file
from skgraph.transforms.map_joints import MapJoints, read_joint_map


def map_topology(raw: RawDataset, to: str | Path) -> RawDataset:
    """Map the joints of every clip, and their confidence, as :class:`~skgraph.transforms.MapJoints` does.

    Clips keep their dimension: 3D clips that are mapped to the 2D `coco_17` get its joints and bones in 3D.

    Args:
        raw: the dataset.
        to: name or path of a topology; or path of a joint map, whose `to` is a topology by name, or by a `.yaml` path
            relative to the map. The topology of the dataset itself leaves it unchanged.

    Raises:
        TopologyError: there is no such topology or map, a joint has no source, or the name of the topology
            (`mediapipe_33_2d`) has another dimension than the clips.
    """
    source = raw.topology
    target, path = _target(to)
    if target.dim != source.dim:
        if target.name.endswith(f"_{target.dim}d"):
            problem = "that would need a camera" if target.dim == 2 else "their depth is not known"
            raise TopologyError(f"topology_map={to} is {target.dim}D and the clips are {source.dim}D: {problem}")
        target = target.in_dim(source.dim)
    if path is None and target == source:
        return raw
    weights = MapJoints.load(source, target, path).weights.numpy()
    done = f"joints of {source.name} as {target.name}" + (f" by {path.name}" if path is not None else "")

    def clips(part: slice = ALL_CLIPS) -> Iterator[RawClip]:
        for name, clip in zip(raw.name[part], raw.clips(part), strict=True):
            yield clip if clip.excluded else _mapped(clip, weights, source, name)

    return replace(
        raw,
        topology=target,
        clips=clips,
        preprocessing="; ".join(filter(None, [raw.preprocessing, done])),
        notes=[*raw.notes, *_shared_positions(weights, source, target)],
    )


def _shared_positions(weights: np.ndarray, source: Topology, target: Topology) -> list[str]:
    """Return a note for each group of target joints that come from the same source joints."""
    notes = []
    rows, group_of = np.unique(weights, axis=0, return_inverse=True)
    for group, row in enumerate(rows):
        joints = [target.joints[i] for i in np.flatnonzero(group_of == group)]
        if len(joints) > 1:
            sources = " and ".join(source.joints[i] for i in np.flatnonzero(row))
            notes.append(f"{', '.join(joints)} have one position, that of {source.name}'s {sources}")
    return notes


def _target(to: str | Path) -> tuple[Topology, Path | None]:
    """Load the topology `to`, or that of the joint map `to` with the path of the map."""
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
    if joints.ndim != 4 or joints.shape[2:] != (source.num_joints, source.dim):
        expected = f"[M, T, {source.num_joints}, {source.dim}] for topology '{source.name}'"
        raise DataError(f"clip '{name}': expected joints {expected}, found {list(joints.shape)}")
    # The product would spread a NaN to other joints and hide its origin.
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
        # Rounding may lift a mean above the largest value.
        confidence = np.minimum(confidence @ weights.T, confidence.max())
    return replace(clip, joints=joints, frame_mask=there, confidence=confidence)
