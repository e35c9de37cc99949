"""Load a custom topology from YAML and print what is derived from it: `python examples/custom_topology.py`."""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from skgraph.errors import TopologyError
from skgraph.topology import Topology

topology = Topology.load(Path(__file__).with_suffix(".yaml"))
print(topology, "rooted at", topology.joints[topology.root])

print("\nIts mirror swaps")
for joint, counterpart in enumerate(topology.mirror.tolist()):
    if joint < counterpart:
        print(f"  {topology.joints[joint]} and {topology.joints[counterpart]}")

beak, foot = topology.joint("beak"), topology.joint("left_foot")
path = " - ".join(topology.joints[joint] for joint in nx.shortest_path(topology.graph, beak, foot))
print(f"\nFrom beak to left foot: {topology.hops[beak, foot]} bones, {path}")

print("\nShares that a joint receives from itself, its parent and its children in an ST-GCN layer")
for joint, shares in zip(topology.joints, topology.partitions().sum(dim=2).T.tolist(), strict=True):
    print(f"  {joint:15}" + "".join(f"{share:6.2f}" for share in shares))

print("\nA mistake in the file is an error that names the joint:")
broken = topology.to_dict()
broken["joints"]["left_wing_tip"] = "left_wnig"
try:
    Topology.from_dict(broken, source="custom_topology.yaml")
except TopologyError as error:
    print(" ", error)
