"""Views and masks of a batch of bodies."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.data.body_geometry import upright_axis
from skgraph.errors import ConfigError, DataError
from skgraph.transforms import AlignBody, RandomRotate

_TILT = 0.8  # radians; a body rotated less about a horizontal axis still stands


class ViewMaker(nn.Module):
    """Makes augmented views of each body, their mask, and the stream.

    Normalise, augment each view independently, draw the mask from the joint positions of view 1, and only then
    turn positions into the stream (bones, motion), so that the mask does not depend on it.

    Args:
        normalise: transform applied once to every body.
        augment: random transform; each view gets its own draws.
        mask: has ``draw(joints [B, T, V, C], generator, frame_mask [B, T]) -> (visible, masked)``.
        stream: transform to bones or motion; ``None`` for joints.
        num_views: number of views of the objective.
        scale: divides the coordinates of the stream; see :func:`stream_scale`.

    Raises:
        ConfigError: ``scale`` is not a positive number.
    """

    def __init__(
        self,
        normalise: nn.Module,
        augment: nn.Module,
        mask: nn.Module,
        stream: nn.Module | None,
        num_views: int,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < 1e30:
            raise ConfigError(f"normalise.scale must be a positive number, 'auto' or null, found '{scale}'")
        self.normalise, self.augment, self.stream = normalise, augment, stream
        self.mask: Any = mask
        self.num_views, self.scale = num_views, scale

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
        joints = views.joints[:, 0].unflatten(0, (self.num_views, -1))
        return joints if self.scale == 1 else joints.div_(self.scale), visible, masked  # copies, not the batch

    @torch.no_grad()
    def plain(
        self, graphs: SkeletonData, augment: nn.Module | None = None, generator: torch.Generator | None = None
    ) -> SkeletonData:
        """Prepare graphs for an evaluation: normalise them, make the stream and scale it.

        Nothing is random, unless a protocol that trains gives an ``augment``.
        """
        graphs = self.normalise(graphs)
        graphs = graphs if augment is None else augment(graphs, generator)
        graphs = graphs if self.stream is None else self.stream(graphs)
        if self.scale != 1:
            graphs = copy.copy(graphs)
            graphs.joints = graphs.joints / self.scale
        return graphs


def rotation_axis_warning(store: SkeletonStore, views: ViewMaker) -> str | None:
    """Return a warning if the augmentation rotates bodies about another axis than their upright one, else None."""
    up = upright_axis(store)
    if up is None or any(isinstance(step, AlignBody) and not step.yaw_only for step in views.normalise.modules()):
        return None
    for step in views.augment.modules():
        for axis in {"x", "y", "z"} - {up}:
            if isinstance(step, RandomRotate) and (angle := getattr(step, axis)) > _TILT:
                return (
                    f"the bodies of '{store.path}' stand along {up}, and are rotated by up to "
                    f"{math.degrees(angle):.0f} degrees about {axis}: "
                    f"say augment.rotate.{axis}=0 augment.rotate.{up}={angle:g}"
                )
    return None


def stream_scale(dataset: SkeletonDataset, views: ViewMaker, bodies: int = 1024) -> float:
    """Measure the root mean square of a stream's coordinates, to three digits.

    Args:
        dataset: bodies, with ``frames`` set.
        views: normalises them and makes the stream; its ``scale`` does not count.
        bodies: measured at most, spread evenly through the dataset, each at its whole length.

    Raises:
        DataError: the stream is zero throughout, or too large.
    """
    whole = copy.copy(dataset)
    whole.crop = (1.0, 1.0)
    items = torch.as_tensor(list(dataset.indices()), dtype=torch.long)
    items = items[torch.linspace(0, len(items) - 1, min(bodies, len(items))).round().long()]
    graphs = views.plain(whole.batch(items))
    there = graphs.joints[graphs.frame_mask].double() * views.scale
    scale = float(f"{float(there.square().mean().sqrt()):.3g}") if there.numel() else 0.0
    if not math.isfinite(scale):
        raise DataError(f"the coordinates of '{dataset.store.path}' are too large: their squares are not finite")
    if scale == 0:
        raise DataError(f"the coordinates of '{dataset.store.path}' are zero in this stream: there is nothing to learn")
    return scale
