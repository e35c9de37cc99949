"""Transforms, masks and objectives that the study of S-JEPA tried without success (docs/sjepa.md).

Every class is also an example of a custom component, from the root of the checkout:
`+augment.bones._target_=benchmarks.sjepa_variants.RandomBoneLengths +augment.bones.strength=0.2`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skgraph import Topology
from skgraph.data import SkeletonData
from skgraph.data.random_draws import gumbel, normal, uniform
from skgraph.objectives import SJEPA
from skgraph.transforms import GraphTransform, MotionAwareJointMask
from skgraph.transforms.frame_steps import frame_steps


class RandomBoneLengths(GraphTransform):
    """Scale every bone of a graph by a random factor, the same left and right, as in other people.

    A bone's factor is ``exp(u)`` with ``u ~ U(-strength, strength)``; the root does not move. Bones are differences
    along the tree, joints are sums of bones: the factors stand between two matrices of the topology.
    """

    def __init__(self, topology: Topology, strength: float) -> None:
        super().__init__(topology)
        self.strength = strength
        bones = torch.eye(topology.num_joints)
        for parent, child in topology.edges.tolist():
            bones[child, parent] = -1.0
        pair = torch.minimum(torch.arange(topology.num_joints), topology.mirror)
        self.register_buffer("bones", bones, persistent=False)
        self.register_buffer("paths", torch.linalg.inv(bones).round(), persistent=False)
        self.register_buffer("pair", pair, persistent=False)

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        factor = uniform((*joints.shape[:-4], joints.size(-2)), -self.strength, self.strength, joints, generator)
        factor = factor.exp()[..., self.pair]
        factor[..., self.topology.root] = 1.0
        matrix = (self.paths * factor[..., None, :]) @ self.bones
        data.joints = torch.einsum("...vw,...mtwc->...mtvc", matrix, joints)
        return data


class RandomPoseOffset(GraphTransform):
    """Move every joint of a graph by one offset ``N(0, std)`` metres in all frames, as in other postures."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints = data.joints
        shape = (*joints.shape[:-4], 1, 1, *joints.shape[-2:])
        there = data.frame_mask[..., None, None]
        data.joints = joints + normal(shape, self.std, joints, generator) * there
        return data


class RandomTimeWarp(GraphTransform):
    """Warp the time ``t`` in [0, 1] of a graph to ``t + a sin(pi t) + b / 2 sin(2 pi t)``, as in other rhythms.

    ``a`` and ``b`` are drawn from ``U(-strength, strength)``; below a quarter, time never runs backwards.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, there = data.joints, data.frame_mask
        frames = joints.size(-3)
        a, b = uniform((*joints.shape[:-4], 2, 1), -self.strength, self.strength, joints, generator).unbind(dim=-2)
        t = torch.linspace(0, 1, frames, device=joints.device)
        warped = t + a * torch.sin(math.pi * t) + 0.5 * b * torch.sin(2 * math.pi * t)
        position = warped.clamp(0, 1) * (frames - 1)
        low = position.floor().long().clamp(max=frames - 2)
        weight = (position - low)[..., None, :, None, None]
        index = low[..., None, :].expand(there.shape)
        rows = index[..., None, None].expand(joints.shape)
        data.frame_mask = there.gather(-1, index) & there.gather(-1, index + 1)
        moved = torch.lerp(joints.gather(-3, rows), joints.gather(-3, rows + 1), weight)
        data.joints = moved * data.frame_mask[..., None, None]
        return data


class RandomAmplitude(GraphTransform):
    """Scale each joint's distance from its mean over time by ``U(low, high)``: smaller or larger movements."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        joints, there = data.joints, data.frame_mask[..., None, None]
        mean = (joints * there).sum(dim=-3, keepdim=True) / there.sum(dim=-3, keepdim=True).clamp(min=1)
        amplitude = uniform((*joints.shape[:-4], 1, 1, 1, 1), self.low, self.high, joints, generator)
        data.joints = torch.where(there, torch.lerp(mean, joints, amplitude), joints)
        return data


class DropDepth(GraphTransform):
    """Set the depth of view 1 to zero, so that 3D latents are predicted from 2D, as the original paper words it.

    Place it after the other transforms of an objective with two views, whose copies follow one another in a batch.
    """

    def forward(self, data: SkeletonData, generator: torch.Generator | None = None) -> SkeletonData:
        data.joints = data.joints.clone()
        data.joints[: data.num_graphs // 2, ..., 2] = 0.0
        return data


class StillJointMask(MotionAwareJointMask):
    """Reverse S-JEPA's Algorithm 2: joints that move less are masked more often."""

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        noise = gumbel((len(joints), 1, joints.size(-2)), joints, generator)
        steps, valid = frame_steps(joints, frame_mask)
        motion = (steps.norm(dim=-1) * valid).sum(dim=1) / valid.sum(dim=1).clamp(min=1)
        return noise - self.alpha * (motion + self.eps).log().unsqueeze(1)


class TimeCentredSJEPA(SJEPA):
    """S-JEPA whose targets lack their mean over time, for each joint."""

    @torch.no_grad()
    def targets(self, view: Tensor) -> Tensor:
        targets = super().targets(view).unflatten(1, self.encoder.grid)
        return (targets - targets.mean(dim=1, keepdim=True)).flatten(1, 2)


class ClipCentredSJEPA(SJEPA):
    """S-JEPA whose targets lack their mean over all tokens of a body."""

    @torch.no_grad()
    def targets(self, view: Tensor) -> Tensor:
        targets = super().targets(view)
        return targets - targets.mean(dim=1, keepdim=True)


if __name__ == "__main__":
    topology = Topology.load("ntu_rgbd")
    body = torch.randn(1, 30, topology.num_joints, 3, generator=torch.Generator().manual_seed(0))
    graph = SkeletonData.from_joints(body, torch.ones(1, 30, dtype=torch.bool))
    parent, child = topology.edges.T
    for transform in (RandomBoneLengths(topology, 0.2), RandomPoseOffset(0.05), RandomTimeWarp(0.1)):
        changed = transform(graph, torch.Generator().manual_seed(1)).joints
        length = (changed[:, :, child] - changed[:, :, parent]).norm(dim=-1).mean() / (
            body[:, :, child] - body[:, :, parent]
        ).norm(dim=-1).mean()
        moved = (changed - body).norm(dim=-1).mean()
        print(f"{type(transform).__name__}: joints move {moved:.2f} m, bones are {length:.2f} times as long")
