"""Build a first skeleton graph, look at it, and run a PyTorch Geometric layer on it.

Run: python examples/first_graph.py
"""

import torch
from torch_geometric.nn import GCNConv

from skgraph import SkeletonData, Topology

topology = Topology.load("ntu_rgbd")
print(topology, "-", topology.joints[topology.root], "is the root")

# Two people, 40 frames, in metres: [bodies, frames, joints, coordinates]. The second one arrives at frame 10.
joints = torch.randn(2, 40, topology.num_joints, 3)
frame_mask = torch.ones(2, 40, dtype=torch.bool)
frame_mask[1, :10] = False
joints[~frame_mask] = 0  # absent frames hold zeros
clip = SkeletonData.from_joints(joints, frame_mask, y=torch.tensor([3]))
print(clip)
print("joints is a view of pos:", tuple(clip.joints.shape), "from", tuple(clip.pos.shape))

# Explicit edges, for exploration and for any layer of PyTorch Geometric.
graph = clip.to_pyg(topology, temporal=True, cross_body=True)
for kind, count in zip(("bone", "temporal", "cross-body"), graph.edge_type.bincount().tolist(), strict=True):
    print(f"{kind:>11}: {count} edges")
print("GCN features:", tuple(GCNConv(3, 16)(graph.x, graph.edge_index).shape))

# Relations between joints.
left, right = topology.joint("HandLeft"), topology.joint("HandRight")
print("the mirror image of HandLeft is", topology.joints[topology.mirror[left]])
print("bones between the hands:", int(topology.hops[left, right]))
print("spatial partitions of ST-GCN:", tuple(topology.partitions().shape))
