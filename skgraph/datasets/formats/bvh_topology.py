"""Topologies of BVH files."""

from __future__ import annotations

from pathlib import Path

from skgraph.datasets.formats.bvh_file import BvhFile
from skgraph.errors import DataError
from skgraph.topology import Topology
from skgraph.topology.derived_topology import derive_topology
from skgraph.topology.joint_names import mirror_pairs


def bvh_topology(source: str | Path | BvhFile, end_sites: bool = False, up: str = "y") -> Topology:
    """Derive a topology from the hierarchy of a BVH file, see `derive_topology`.

    ``yaml.safe_dump(bvh_topology("walk.bvh").to_dict(), sort_keys=False)`` is the text of a topology file to edit.

    Args:
        source: the file.
        end_sites: whether End Sites become joints, named ``<Joint>End``.
        up: the file's vertical axis, `y` or `z`.

    Raises:
        ConfigError: the axis is another one.
        DataError: the file is not a BVH file, or an End Site has the name of a joint.
    """
    file = source if isinstance(source, BvhFile) else BvhFile.open(source)
    kept = [i for i, joint in enumerate(file.joints) if end_sites or not joint.is_end]
    parents: dict[str, str | None] = {}
    for joint in (file.joints[i] for i in kept):
        if joint.name in parents:
            raise DataError(f"'{file.path}': an End Site and a joint would both have the name '{joint.name}'")
        parents[joint.name] = None if joint.parent < 0 else file.joints[joint.parent].name
    pairs = mirror_pairs(joint.name for joint in file.joints if not joint.is_end)
    if end_sites:  # End Sites are named after their joints, and have their sides
        ends = {file.joints[joint.parent].name: joint.name for joint in file.joints if joint.is_end}
        pairs |= {ends[left]: ends[right] for left, right in pairs.items() if left in ends and right in ends}
    return derive_topology(f"bvh_{len(parents)}", parents, file.rest[kept], up, pairs, str(file.path))
