"""Skeletons of one topology as skeletons of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import yaml
from torch import Tensor

from skgraph.data.skeleton_data import SkeletonData
from skgraph.data_dir import data_dir
from skgraph.errors import BROKEN_YAML, TopologyError, first_line
from skgraph.topology import Topology
from skgraph.transforms.graph_transform import GraphTransform


class MapJoints(GraphTransform):
    """Give every joint of a target topology a place: that of a source joint, or the mean of several.

    So an encoder that was trained on one skeleton reads recordings of another.

    Args:
        source: topology of the input.
        target: topology of the output.
        mapping: for each target joint a source joint or a list of them; for joints of the same name it need not say.

    Raises:
        TopologyError: a name that does not exist, a target joint without a source, or 2D and 3D together.
    """

    def __init__(
        self, source: Topology, target: Topology, mapping: Mapping[str, str | Sequence[str]] | None = None
    ) -> None:
        super().__init__(source)
        self.target = target
        self.register_buffer("weights", _weights(source, target, {} if mapping is None else mapping), persistent=False)

    @classmethod
    def load(cls, source: Topology, target: Topology, path: str | Path | None = None) -> MapJoints:
        """The map in a YAML file: ``from``, ``to`` (topology names) and ``joints``, the mapping.

        Args:
            source: topology of the input.
            target: topology of the output.
            path: of the file; without one, the shipped map of these two where there is one, otherwise equal names.

        Raises:
            TopologyError: no such file, one that is not a map or of other topologies, or a map that does not fit.
        """
        if path is None:
            path = data_dir("topologies") / "maps" / f"{target.name}_from_{source.name}.yaml"
            if not path.exists():
                return cls(source, target)
        if not Path(path).is_file():
            raise TopologyError(f"no joint map at '{path}': expected a YAML file with from, to and joints")
        try:
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except BROKEN_YAML as error:
            raise TopologyError(f"the joint map '{path}' cannot be read: {first_line(error)}") from error
        if not isinstance(content, dict) or set(content) != {"from", "to", "joints"}:
            raise TopologyError(f"the joint map '{path}' must have the keys from, to and joints, no more and no less")
        if (content["from"], content["to"]) != (source.name, target.name):
            raise TopologyError(
                f"the joint map '{path}' makes '{content['to']}' from '{content['from']}', expected '{target.name}' "
                f"from '{source.name}'"
            )
        if not isinstance(content["joints"], dict):
            raise TopologyError(f"the joint map '{path}': joints must be a mapping, found {content['joints']!r}")
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


def _weights(source: Topology, target: Topology, mapping: Mapping[str, str | Sequence[str]]) -> Tensor:
    if not isinstance(mapping, Mapping):
        raise TopologyError(f"joints must be a mapping, found {mapping!r}")
    for joint, sources in mapping.items():
        listed = sources if isinstance(sources, (list, tuple)) else [sources]
        if not listed or not all(isinstance(name, str) for name in listed):
            raise TopologyError(f"'{joint}' must be a joint of '{source.name}' or a list of them, found {sources!r}")
    if source.dim != target.dim:
        raise TopologyError(
            f"'{source.name}' is {source.dim}D and '{target.name}' is {target.dim}D: joints cannot be mapped"
        )
    if unknown := [str(joint) for joint in mapping if joint not in target.joints]:
        raise TopologyError(f"'{target.name}' has no joint {', '.join(unknown)}; it has {', '.join(target.joints)}")
    weights = torch.zeros(target.num_joints, source.num_joints)
    orphans = []
    for row, joint in enumerate(target.joints):
        sources = mapping.get(joint, [joint] if joint in source.joints else [])
        sources = [sources] if isinstance(sources, str) else sources
        if unknown := [str(name) for name in sources if name not in source.joints]:
            raise TopologyError(
                f"'{joint}' is said to be {', '.join(unknown)}, which '{source.name}' does not have; it has "
                f"{', '.join(source.joints)}"
            )
        if not sources:
            orphans.append(joint)
        for name in sources:
            weights[row, source.joints.index(name)] += 1 / len(sources)
    if orphans:
        raise TopologyError(
            f"no joint of '{source.name}' is named for {', '.join(orphans)} of '{target.name}': give them in a joint "
            "map (joint_map=FILE)"
        )
    return weights
