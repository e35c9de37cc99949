"""Maps between topologies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from skgraph._internal.data_dir import data_dir
from skgraph._internal.files import read_plain_yaml
from skgraph.data.skeleton_data import SkeletonData
from skgraph.errors import BROKEN_YAML, TopologyError, first_line
from skgraph.topology import Topology
from skgraph.topology.landmarks import joint_weights
from skgraph.transforms.graph_transform import GraphTransform


class MapJoints(GraphTransform):
    """Turn skeletons of one topology into skeletons of another: each target joint is a mean of source joints.

    An encoder that was trained on one skeleton thus reads recordings of another. A target joint is the first of: the
    joints that ``mapping`` names; the source joints at its landmark, or standing in for it
    (:mod:`skgraph.topology.landmarks`); the source joint of the same name, unless the landmarks of both are known.

    Args:
        source: topology of the input.
        target: topology of the output.
        mapping: target joint -> a source joint or a list of them, for the exceptions.

    Raises:
        TopologyError: a name that does not exist, a target joint without a source, or 2D and 3D together.
    """

    topology: Topology
    weights: Tensor

    def __init__(
        self, source: Topology, target: Topology, mapping: Mapping[str, str | Sequence[str]] | None = None
    ) -> None:
        super().__init__(source)
        self.target = target
        self.register_buffer("weights", _weights(source, target, {} if mapping is None else mapping), persistent=False)

    @classmethod
    def load(cls, source: Topology, target: Topology, path: str | Path | None = None) -> MapJoints:
        """Load a map from a YAML file with the keys ``from``, ``to`` and ``joints`` (the mapping).

        ``from`` and ``to`` are topologies by name, in any dimension, or by a path that ends in ``.yaml`` and starts at
        the file's folder.

        Args:
            source: topology of the input.
            target: topology of the output.
            path: file of the map; by default the shipped map of the two topologies, or no mapping.

        Raises:
            TopologyError: no such file, one that is not a map or of other topologies, or a map that does not fit.
        """
        if path is None:
            path = data_dir("topologies") / "maps" / f"{target.base_name}_from_{source.base_name}.yaml"
            if not path.exists():
                return cls(source, target)
        content = read_joint_map(path)
        ends = [(content["from"], source), (content["to"], target)]
        if not all(_is_named(word, topology, Path(path).parent) for word, topology in ends):
            raise TopologyError(
                f"the joint map '{path}' makes '{content['to']}' from '{content['from']}', expected '{target.name}' "
                f"from '{source.name}'"
            )
        try:
            return cls(source, target, content["joints"])
        except TopologyError as error:
            raise TopologyError(f"the joint map '{path}': {error}") from error

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        data.joints = torch.einsum("ts,...sc->...tc", self.weights, data.joints)
        if "reference" in data:
            data.reference = torch.einsum("ts,...sc->...tc", self.weights, data.reference)
        if "confidence" in data:
            data.confidence = data.confidence @ self.weights.T
        return data

    def extra_repr(self) -> str:
        return f"{self.topology.name} -> {self.target.name}"


def read_joint_map(path: str | Path) -> dict[str, Any]:
    """Read the file of a joint map: a mapping with the keys ``from``, ``to`` and ``joints``.

    Raises:
        TopologyError: no such file, or one that is not a map.
    """
    if not Path(path).is_file():
        raise TopologyError(f"no joint map at '{path}': expected a YAML file with from, to and joints")
    try:
        content = read_plain_yaml(Path(path))
    except BROKEN_YAML as error:
        raise TopologyError(f"the joint map '{path}' cannot be read: {first_line(error)}") from error
    if not isinstance(content, dict) or set(content) != {"from", "to", "joints"}:
        raise TopologyError(f"the joint map '{path}' must have the keys from, to and joints, no more and no less")
    for key in ("from", "to"):
        if not isinstance(content[key], str):
            raise TopologyError(f"the joint map '{path}': {key} must be a topology's name, found {content[key]!r}")
    if not isinstance(content["joints"], dict):
        raise TopologyError(f"the joint map '{path}': joints must be a mapping, found {content['joints']!r}")
    return content


def _is_named(word: str, topology: Topology, folder: Path) -> bool:
    """Return whether a joint map names a topology, in any dimension: a map of `coco_17` serves `coco_17_3d`."""
    name = Topology.load(folder / word).name if word.endswith((".yaml", ".yml")) else word
    return name in (topology.name, topology.base_name)


def _weights(source: Topology, target: Topology, mapping: Mapping[str, str | Sequence[str]]) -> Tensor:
    if not isinstance(mapping, Mapping):
        raise TopologyError(f"joints must be a mapping, found {mapping!r}")
    for joint, sources in mapping.items():
        listed = sources if isinstance(sources, (list, tuple)) else [sources]
        if not listed or not all(isinstance(name, str) for name in listed):
            raise TopologyError(f"'{joint}' must be a joint of '{source.name}' or a list of them, found {sources!r}")
    if source.dim != target.dim:
        why = "that would need a camera" if source.dim > target.dim else "depth is not known"
        raise TopologyError(
            f"'{source.name}' is {source.dim}D and '{target.name}' is {target.dim}D: joints cannot be mapped, {why}"
        )
    if unknown := [str(joint) for joint in mapping if joint not in target.joints]:
        raise TopologyError(f"'{target.name}' has no joint {', '.join(unknown)}; it has {', '.join(target.joints)}")
    joint_at = {landmark: joint for joint, landmark in source.landmarks.items()}
    weights = torch.zeros(target.num_joints, source.num_joints)
    orphans = []
    for row, joint in enumerate(target.joints):
        if joint in mapping:
            sources = mapping[joint]
            names = [sources] if isinstance(sources, str) else list(sources)
            if unknown := [name for name in names if name not in source.joints]:
                raise TopologyError(
                    f"'{joint}' is mapped to {', '.join(unknown)}, which '{source.name}' does not have; it has "
                    f"{', '.join(source.joints)}"
                )
            mean = {name: names.count(name) / len(names) for name in names}
        else:
            mean = joint_weights(target.landmarks[joint], joint_at) if joint in target.landmarks else {}
            if not mean and joint in source.joints and not (joint in source.landmarks and joint in target.landmarks):
                mean = {joint: 1.0}
        if not mean:
            orphans.append(joint)
        for name, share in mean.items():
            weights[row, source.joints.index(name)] = share
    if orphans:
        raise TopologyError(
            f"no joint of '{source.name}' has the name or the landmark of {', '.join(orphans)} of '{target.name}': "
            "name them in a joint map, a YAML file with from, to and joints (joint_map=FILE, or topology_map=FILE of "
            "skgraph.prepare), or declare the `landmarks` of a custom topology in its file"
        )
    return weights
