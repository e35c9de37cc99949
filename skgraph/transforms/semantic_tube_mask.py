"""Mask of body parts over spans of time."""

from __future__ import annotations

import torch
from torch import Tensor

from skgraph.data.random_draws import uniform
from skgraph.topology import Topology
from skgraph.transforms.graph_mask import GraphMask, highest

_PROPOSALS = 32  # tubes tried for each body; few of them are refused until only little is left to hide


class SemanticTubeMask(GraphMask):
    """Mask tubes: runs of joints inside one body part, for a span of time (SLiM, 2026).

    A tube is proposed by drawing a body part, a run of 1 to all of its joints in the topology's order, an area between
    ``smallest`` and the tokens still to be hidden (at most half the grid), the duration that gives the run this area,
    and its start. It is taken if it hides something new and not more than is still to be hidden. What no tube hides
    after 32 proposals are single tokens, so that ``floor(ratio * L)`` tokens are hidden.

    Args:
        topology: the body parts.
        ratio: share of tokens to mask.
        patch_length: frames a token spans.
        smallest: smallest area of a proposed tube of a grid of 8 patches or more, in tokens; of a shorter grid
            proportionally less.
    """

    topology: Topology
    part: Tensor
    rank: Tensor
    sizes: Tensor

    def __init__(self, topology: Topology, ratio: float = 0.7, patch_length: int = 8, smallest: int = 8) -> None:
        super().__init__(ratio, patch_length, topology)
        self.smallest = smallest
        part, rank = torch.empty(2, topology.num_joints, dtype=torch.long)
        for i, joints in enumerate(topology.parts.values()):
            part[joints], rank[joints] = i, torch.arange(len(joints))
        self.register_buffer("part", part, persistent=False)
        self.register_buffer("rank", rank, persistent=False)
        self.register_buffer("sizes", torch.tensor([len(x) for x in topology.parts.values()]), persistent=False)

    def scores(self, joints: Tensor, frame_mask: Tensor, generator: torch.Generator | None) -> Tensor:
        patches = joints.size(1) // self.patch_length
        count = torch.full((len(joints),), self.num_masked(patches * joints.size(2)), device=joints.device)
        return self._scores(count, patches, generator)

    def hide(
        self, joints: Tensor, count: Tensor, generator: torch.Generator | None = None, frame_mask: Tensor | None = None
    ) -> Tensor:
        self.check_joints(joints)
        return highest(self._scores(count, joints.size(1) // self.patch_length, generator), count)

    def _scores(self, count: Tensor, patches: int, generator: torch.Generator | None) -> Tensor:
        hidden = self.tubes(count, patches, generator)
        return hidden + uniform(hidden.shape, 0.0, 0.5, count.new_empty(0, dtype=torch.float32), generator)

    def tubes(self, count: Tensor, patches: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw tubes for each graph.

        Args:
            count: tokens to hide of each graph, ``[B]``; tubes hide at most these.
            patches: in time, ``T_e``.
            generator: source of the random draws.

        Returns:
            ``[B, T_e, V]`` bool, True where hidden.
        """
        vertices = len(self.part)
        smallest = max(1, self.smallest * min(patches, 8) // 8)
        hidden = torch.zeros(len(count), patches, vertices, dtype=torch.bool, device=count.device)
        like = torch.empty(0, device=count.device)
        draws = uniform((len(count), _PROPOSALS, 5), 0.0, 1.0, like, generator).unbind(dim=1)
        time = torch.arange(patches, device=count.device)
        for draw in draws:
            which, length, first, area, start = draw[..., None].unbind(dim=1)  # each [B, 1]
            left = (count - hidden.sum(dim=(1, 2)))[:, None]
            part = (which * len(self.sizes)).long()
            size = self.sizes[part]
            run = 1 + (length * size).long()
            first = (first * (size - run + 1)).long()
            joints = (self.part == part) & (self.rank >= first) & (self.rank < first + run)  # [B, V]
            largest = left.clamp(max=patches * vertices // 2)
            least = largest.clamp(max=smallest)
            duration = ((least + area * (largest - least)) / run).round().clamp(1, patches)
            start = (start * (patches - duration + 1)).floor()
            frames = (time >= start) & (time < start + duration)  # [B, T_e]
            tube = frames[:, :, None] & joints[:, None]
            new = (tube & ~hidden).sum(dim=(1, 2))
            taken = (new > 0) & (new <= left[:, 0])
            hidden |= tube & taken[:, None, None]
        return hidden

    def extra_repr(self) -> str:
        return f"{self.topology.name}, {super().extra_repr()}, smallest={self.smallest}"
