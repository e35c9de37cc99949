"""Streams, augmentation, masks and edges on one random clip; no data needed: ``python examples/transforms.py``."""

import torch

from skgraph import SkeletonData, Topology
from skgraph.transforms import (
    AddEdges,
    Center,
    Compose,
    CropResample,
    LimbMask,
    MotionAwareJointMask,
    MotionAwareTokenMask,
    RandomReflect,
    RandomRotate,
    ToBone,
    ToMotion,
)

generator = torch.Generator().manual_seed(0)
topology = Topology.load("ntu_rgbd")

# Two people on random walks for 100 frames: [M, T, V, C], in metres.
pose = torch.randn(2, 1, topology.num_joints, 3, generator=generator)
steps = 0.02 * torch.randn(2, 100, topology.num_joints, 3, generator=generator)
clip = SkeletonData.from_joints(pose + steps.cumsum(dim=1))
print(f"{topology}: {tuple(clip.joints.shape)}")

augment = Compose(
    [Center(topology), CropResample(frames=64, low=0.5, high=1.0), RandomRotate(y=0.52), RandomReflect(topology)]
)
print(augment)
view = augment(clip, generator)
print(f"view: {tuple(view.joints.shape)}")

for stream in (ToBone(topology), ToMotion()):
    print(f"{stream}: {tuple(stream(view).joints.shape)}")

# A mask per body: a fixed number of token ids t * V + v.
for mask in (MotionAwareJointMask(), MotionAwareTokenMask(), LimbMask(topology)):
    graph = mask(view, generator)
    print(f"{mask}: visible {tuple(graph.visible.shape)}, masked {tuple(graph.masked.shape)}")

print(AddEdges(topology, cross_body=True)(view))
