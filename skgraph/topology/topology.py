"""The joint graph of a skeleton, and the arrays derived from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import networkx as nx
import torch
from torch import Tensor

from skgraph._internal.data_dir import data_dir
from skgraph.errors import TopologyError
from skgraph.topology.joint_names import landmarks_by_name
from skgraph.topology.landmarks import complete, vocabulary
from skgraph.topology.topology_file import check_topology, read_topology_file


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Topology:
    """The bone tree of a skeleton, its left-right symmetry and its body parts, with the arrays derived from them.

    Joint ids follow the order of `joints`, which is the column order of the recordings. Two topologies are equal if
    their content is; pickling keeps the content and derives the arrays anew. The tensors are shared by all users of a
    topology: clone one before changing it in place.

    Attributes:
        name: the topology's name, the same as its file's.
        dim: coordinates of a joint, 2 or 3.
        joints: joint names in column order.
        num_joints: V, their number.
        root: id of the one joint without a parent.
        parents: LongTensor [V], the parent of each joint, -1 at the root.
        edges: LongTensor [V - 1, 2], the bones as (parent, child), in the joint order of the child.
        mirror: LongTensor [V], the joint that each joint becomes in a mirror: its mirror counterpart or itself.
        hops: LongTensor [V, V], bones on the path between two joints.
        parts: body part -> LongTensor of its joint ids; each joint is in exactly one part.
        center: FloatTensor [V] that sums to 1; ``einsum("...vc,v->...c", positions, center)`` is the centring point.
        across: FloatTensor [V] that sums to 0; the same product is a vector from the right to the left side; or None.
        up: FloatTensor [V] that sums to 0; the same product is a vector along the spine, bottom to top; or None.
        landmarks: joint -> landmark, where known: declared, of the shipped topology of that name, or by joint names.
        graph: the bone tree as a frozen networkx graph over joint ids, each node with its `name`.
    """

    name: str
    dim: int
    joints: tuple[str, ...]
    num_joints: int
    root: int
    parents: Tensor
    edges: Tensor
    mirror: Tensor
    hops: Tensor
    parts: dict[str, Tensor]
    center: Tensor
    across: Tensor | None
    up: Tensor | None
    graph: nx.Graph
    _spec: dict[str, Any]
    _ids: dict[str, int]

    def __init__(self, mapping: Mapping[str, Any], source: str = "") -> None:
        """Check a mapping and derive every array from it.

        Args:
            mapping: content of a topology file, see :func:`skgraph.topology.topology_file.check_topology`.
            source: origin of the mapping, quoted in errors.

        Raises:
            TopologyError: the mapping is not a skeleton; the message quotes the joints at fault.
        """
        spec = check_topology(mapping, source)
        # Stores keep the content of a shipped topology without the landmarks of its file.
        if "landmarks" in spec and spec["landmarks"] == _shipped_landmarks(spec):
            del spec["landmarks"]
        ids = {joint: v for v, joint in enumerate(spec["joints"])}
        parents = [-1 if parent is None else ids[parent] for parent in spec["joints"].values()]
        graph = nx.Graph()
        graph.add_nodes_from((v, {"name": joint}) for joint, v in ids.items())
        graph.add_edges_from((parent, v) for v, parent in enumerate(parents) if parent >= 0)
        # A frozen dataclass refuses `self.field = value`; its dictionary takes the fields once, here.
        vars(self).update(
            _spec=spec,
            _ids=ids,
            name=spec["name"],
            dim=spec["dim"],
            joints=tuple(ids),
            num_joints=len(ids),
            root=parents.index(-1),
            parents=torch.tensor(parents),
            edges=torch.tensor([(p, v) for v, p in enumerate(parents) if p >= 0], dtype=torch.long).reshape(-1, 2),
            mirror=_mirror(spec["mirror"], ids),
            hops=_hops(graph),
            parts={part: torch.tensor([ids[joint] for joint in members]) for part, members in spec["parts"].items()},
            center=_mean_of(spec["center"], ids),
            across=_direction(spec.get("across"), ids),
            up=_direction(spec.get("up"), ids),
            graph=nx.freeze(graph),
        )

    @classmethod
    def load(cls, name_or_path: str | PathLike[str]) -> Topology:
        """Load a topology that ships with the package, by name, or any YAML file, by path.

        Args:
            name_or_path: a name from :meth:`available`, its first words where no other begins with them (`coco`,
                `ntu`), either with `_2d` or `_3d` for :meth:`in_dim` (`coco_3d`); or a path: a `Path`, or a text with
                a folder or `.yaml` in it.

        Raises:
            TopologyError: no such name, the file cannot be read, or its content is not a skeleton.
        """
        path, text = Path(name_or_path), str(name_or_path)
        is_name = isinstance(name_or_path, str) and path.suffix not in (".yaml", ".yml") and path.name == text
        if not is_name:
            return cls(read_topology_file(path), str(path))
        if name := cls._shipped(text):
            path = data_dir("topologies") / f"{name}.yaml"
            return cls(read_topology_file(path), str(path))
        if text.endswith(("_2d", "_3d")) and (name := cls._shipped(text[:-3])):
            topology, dim = cls.load(name), int(text[-2])
            if topology.dim != dim:
                return topology.in_dim(dim)
        names = ", ".join(cls.available())
        raise TopologyError(f"unknown topology '{text}'; shipped are {names}; custom: a path that ends in .yaml")

    @classmethod
    def _shipped(cls, words: str) -> str:
        """Return the shipped topology with this name, or the only one that begins with these words; otherwise ""."""
        names = cls.available()
        fitting = [name for name in names if f"{name}_".startswith(f"{words}_")]
        return words if words in names else fitting[0] if len(fitting) == 1 else ""

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any], source: str = "") -> Topology:
        """Build a topology from a mapping: the inverse of :meth:`to_dict`. See the constructor."""
        return cls(mapping, source)

    @staticmethod
    def available() -> list[str]:
        """Return the sorted names of the topologies that ship with the package."""
        return sorted(path.stem for path in data_dir("topologies").glob("*.yaml"))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of a topology file, in plain strings, integers, lists and dicts."""
        return copy.deepcopy(self._spec)

    @property
    def base_name(self) -> str:
        """The name without the `_2d` or `_3d` that :meth:`in_dim` gave it."""
        return _base_name(self._spec)

    @cached_property
    def landmarks(self) -> dict[str, str]:
        """Joint -> landmark, see :mod:`skgraph.topology.landmarks`, of every joint whose landmark is known.

        A topology that declares none, and is not a shipped one, has them by the names of its joints: see
        :func:`skgraph.topology.joint_names.landmarks_by_name`.
        """
        declared = self._spec.get("landmarks") or _shipped_landmarks(self._spec) or landmarks_by_name(self.joints)
        named = [joint for joint in self.joints if joint in vocabulary() and joint not in declared.values()]
        return {**{joint: joint for joint in named}, **declared}

    def in_dim(self, dim: int) -> Topology:
        """Return the same joints and bones with another number of coordinates: `coco_17` in 3D is `coco_17_3d`.

        Raises:
            TopologyError: `dim` is neither 2 nor 3.
        """
        if dim == self.dim:
            return self
        name = self.base_name if self.base_name != self.name else f"{self.name}_{dim}d"
        return type(self)(self.to_dict() | {"name": name, "dim": dim}, self.name)

    def without(self, joints: Sequence[str]) -> Topology:
        """Return this skeleton without some joints: their children hang on the nearest joint above that stays.

        If the root is left out, the nearest joint that stays becomes the root; of several, the one with most joints
        below it, such as the hips. If no joint of the centring point stays, it is the root. Directions that lose one of
        their ends are left out. The mirror is left out if one side loses a joint that the other keeps, or if the new
        root lies on one side.

        >>> Topology.load("ntu_rgbd").without(["SpineBase"]).to_dict()["joints"]["HipLeft"]
        'SpineMid'

        Raises:
            TopologyError: no such joint, or fewer than two stay.
        """
        gone = {self.joint(joint) for joint in joints}
        kept = [v for v in range(self.num_joints) if v not in gone]
        if len(kept) < 2:
            raise TopologyError(f"topology '{self.name}' needs at least two joints, found {len(kept)} of them left")
        depth = self.hops[self.root]
        below = depth + self.hops == depth[:, None]  # [V, V]: the second joint is on the way to the first
        root = min(kept, key=lambda v: (int(depth[v]), -int(below[kept, v].sum()), v))
        parents: dict[str, str | None] = {}
        for v in kept:
            above = int(self.parents[v])
            while above in gone:
                above = int(self.parents[above])
            above = root if above < 0 and v != root else above
            parents[self.joints[v]] = None if v == root else self.joints[above]

        def staying(members: Sequence[str]) -> list[str]:
            return [joint for joint in members if joint in parents]

        spec = self.to_dict()
        symmetric = {int(self.mirror[v]) for v in gone} == gone and int(self.mirror[root]) == root
        parts = {part: staying(members) for part, members in spec["parts"].items()}
        mapping: dict[str, Any] = {
            "name": f"{self.name}_of_{len(kept)}",
            "dim": self.dim,
            "joints": parents,
            "mirror": {a: b for a, b in spec["mirror"].items() if symmetric and a in parents},
            "parts": {part: members for part, members in parts.items() if members},
            "center": staying(spec["center"]) or [self.joints[root]],
            "landmarks": {joint: mark for joint, mark in self.landmarks.items() if joint in parents},
        }
        for key in ("across", "up"):
            ends = {end: staying(members) for end, members in spec.get(key, {}).items()}
            if ends and all(ends.values()):
                mapping[key] = ends
        return type(self)(mapping, self.name)

    def joint(self, name: str) -> int:
        """Return the id of a joint.

        Raises:
            TopologyError: no joint has that name.
        """
        if name not in self._ids:
            raise TopologyError(f"topology '{self.name}' has no joint '{name}'; it has {', '.join(self.joints)}")
        return self._ids[name]

    def partitions(self) -> Tensor:
        """Adjacency split by distance to the root: ST-GCN's spatial configuration (Yan et al., AAAI 2018, Section 3.3).

        The neighbourhood of joint i is itself and the joints one bone away. Each neighbour j falls into one of three
        sets by its distance to the root, which stands for the gravity centre: the joint itself (0, equally far),
        centripetal (1, nearer the root: the parent), centrifugal (2, farther: the children). With `A` the adjacency::

            out[k, i, j] = (A + I)[i, j] / sum_j' (A + I)[i, j']    if j is in set k of joint i, else 0

        so ``einsum("kij,...jc->...kic", partitions, x)`` brings to joint i what its neighbours j send, and its sum over
        the sets is their mean. As in the authors' released code (which has the receiving joint in the columns), weights
        are normalised over the whole neighbourhood of the receiving joint and not within each set.

        Returns:
            FloatTensor [3, V, V], indexed (set, receiving joint, sending joint).
        """
        neighbours = (self.hops <= 1).float()
        weights = neighbours / neighbours.sum(dim=1, keepdim=True)
        depth = self.hops[self.root]
        nearer = depth[None, :] < depth[:, None]
        return torch.stack([weights * part for part in (depth[None, :] == depth[:, None], nearer, nearer.T)])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Topology):
            return NotImplemented
        # Mappings compare without order, and the order of the joints is content.
        return self.joints == other.joints and self._spec == other._spec

    def __hash__(self) -> int:
        return hash((self.name, self.dim, self.joints))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.to_dict(),)

    def __repr__(self) -> str:
        return f"Topology({self.name}, {self.num_joints} joints, {len(self.edges)} bones, {self.dim}D)"


def _base_name(spec: Mapping[str, Any]) -> str:
    return spec["name"].removesuffix(f"_{spec['dim']}d") or spec["name"]


def _shipped_landmarks(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the landmarks in the file of the shipped topology that a specification is named after, if joints agree."""
    landmarks = _landmarks_in_file(_base_name(spec))
    return complete(landmarks, spec["mirror"]) if all(joint in spec["joints"] for joint in landmarks) else {}


@cache
def _landmarks_in_file(name: str) -> dict[str, str]:
    if name not in Topology.available():
        return {}
    return read_topology_file(data_dir("topologies") / f"{name}.yaml").get("landmarks", {})


def _mirror(pairs: Mapping[str, str], ids: Mapping[str, int]) -> Tensor:
    mirror = torch.arange(len(ids))
    for left, right in pairs.items():
        mirror[ids[left]], mirror[ids[right]] = ids[right], ids[left]
    return mirror


def _hops(graph: nx.Graph) -> Tensor:
    """Count the bones between all joints of a tree: each new joint is one bone beyond the neighbour it hangs on."""
    hops = torch.zeros(len(graph), len(graph), dtype=torch.long)
    reached = [0]
    for near, far in nx.bfs_edges(graph, 0):
        hops[far, reached] = hops[reached, far] = hops[near, reached] + 1
        reached.append(far)
    return hops


def _mean_of(joints: Sequence[str], ids: Mapping[str, int]) -> Tensor:
    weights = torch.zeros(len(ids))
    weights[[ids[joint] for joint in joints]] = 1 / len(joints)
    return weights


def _direction(ends: Mapping[str, Sequence[str]] | None, ids: Mapping[str, int]) -> Tensor | None:
    return None if ends is None else _mean_of(ends["to"], ids) - _mean_of(ends["from"], ids)
