"""From a batch of bodies to what an objective sees: views, and a mask."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skgraph.data import SkeletonData


class ViewMaker(nn.Module):
    """Augmented views of each body, their mask, and the stream, in the order that the design fixes.

    Normalise, augment each view with draws of its own, draw the mask from the joint positions of view 1, and only then
    turn positions into the stream (bones, motion), so that the mask does not depend on it.

    Args:
        normalise: transform applied once to every body.
        augment: random transform; each view gets its own draws.
        mask: has ``draw(joints [B, T, V, C], generator, frame_mask [B, T]) -> (visible, masked)``.
        stream: transform to bones or motion; ``None`` for joints.
        num_views: views that the objective asks for.
    """

    def __init__(
        self, normalise: nn.Module, augment: nn.Module, mask: nn.Module, stream: nn.Module | None, num_views: int
    ) -> None:
        super().__init__()
        self.normalise, self.augment, self.mask, self.stream = normalise, augment, mask, stream
        self.num_views = num_views

    @torch.no_grad()
    def forward(self, bodies: SkeletonData, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Make the views of a batch of bodies.

        Args:
            bodies: batch with one body a graph, ``joints [B, 1, T, V, C]``.
            generator: source of all draws.

        Returns:
            views ``[num_views, B, T, V, C]``, visible ``[B, K]`` and masked ``[B, L - K]`` token ids.
        """
        bodies = self.normalise(bodies, generator)
        copies = SkeletonData.from_joints(
            bodies.joints.repeat(self.num_views, 1, 1, 1, 1), bodies.frame_mask.repeat(self.num_views, 1, 1)
        )
        views = self.augment(copies, generator)
        first = slice(bodies.num_graphs)  # view 1
        visible, masked = self.mask.draw(views.joints[first, 0], generator, views.frame_mask[first, 0])
        if self.stream is not None:
            views = self.stream(views, generator)
        return views.joints[:, 0].unflatten(0, (self.num_views, -1)), visible, masked

    @torch.no_grad()
    def plain(self, graphs: SkeletonData) -> SkeletonData:
        """Graphs as an evaluation sees them: normalised and turned into the stream, nothing random."""
        graphs = self.normalise(graphs)
        return graphs if self.stream is None else self.stream(graphs)
