"""Mask of connected subgraphs."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.transforms.graph_mask import GraphMask


class LimbMask(GraphMask):
    """Mask connected subgraphs of the bone tree, in all frames.

    Seed joints are drawn uniformly, without replacement, and the masked region grows around them, nearest joints first
    by the number of bones to the nearest seed and in random order among equals, until ``floor(ratio * V)`` joints are
    masked. Every joint on the way to its nearest seed is nearer and thus masked before it, so each component of the
    region holds a seed: there are at most ``seeds`` components, and few hidden joints have a visible neighbour
    to be interpolated from. A low ratio hides whole limbs; a high one hides the torso and shows ends of limbs.

    Args:
        topology: the bone tree.
        ratio: share of joints to mask.
        patch_length: frames a token spans.
        seeds: joints that the masked region grows from.

    Raises:
        ConfigError: an argument outside its range, or more seeds than masked joints.
    """

    topology: Topology
    hops: Tensor

    def __init__(self, topology: Topology, ratio: float = 0.9, patch_length: int = 1, seeds: int = 2) -> None:
        super().__init__(ratio, patch_length, topology)
        masked = self.num_masked(topology.num_joints, "joints")
        if not 1 <= seeds <= masked:
            raise ConfigError(f"LimbMask: seeds must be between 1 and the {masked} masked joints, found {seeds}")
        self.seeds = seeds
        self.register_buffer("hops", topology.hops.float(), persistent=False)

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        shape = (joints.size(0), joints.size(2))
        chosen = uniform(shape, 0.0, 1.0, joints, generator).topk(self.seeds, dim=1).indices
        distance = self.hops[chosen].amin(dim=1)  # [B, seeds, V] -> [B, V]
        # Noise below 1, the step between two distances, orders joints of equal distance only.
        return -(distance + uniform(shape, 0.0, 0.5, joints, generator)).unsqueeze(1)

    def extra_repr(self) -> str:
        return f"{self.topology.name}, {super().extra_repr()}, seeds={self.seeds}"
