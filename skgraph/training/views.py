"""Views and masks of a batch of bodies."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from skgraph._internal.distributed import RankGenerator
from skgraph.data import SkeletonData, SkeletonDataset, SkeletonStore
from skgraph.data.body_geometry import upright_axis
from skgraph.errors import ConfigError, DataError
from skgraph.objectives import LocalCrop
from skgraph.topology import Topology
from skgraph.transforms import AlignBody, RandomRotate

_TILT = 0.8  # radians; a body rotated less about a horizontal axis still stands


class ViewMaker(nn.Module):
    """Makes augmented views of each body, their mask, and the stream.

    Normalise, augment each view independently, draw masks from joint positions, and only then turn positions into the
    stream (bones, motion), so that the mask does not depend on it.

    Args:
        normalise: transform applied once to every body.
        augment: random transform; each view gets its own draws.
        mask: has ``draw(joints [B, T, V, C], generator, frame_mask [B, T]) -> (visible, masked)``.
        stream: transform to bones or motion; ``None`` for joints.
        num_views, own_crops, own_masks, mask_source, mask_ratio, local_crops: views of the objective, see
            :class:`~skgraph.objectives.Objective`.
        view_augment: augmentation of the first view, of the second and of local ones, after ``augment``; or none.
        scale: divides the coordinates of the stream; see :func:`stream_scale`.

    Attributes:
        crops: crops of each body that :meth:`forward` takes: ``num_views`` if each is a crop of its own, else 1.

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
        own_crops: bool = False,
        own_masks: bool = False,
        mask_source: str = "view",
        mask_ratio: tuple[float, float] | None = None,
        local_crops: Sequence[LocalCrop] = (),
        view_augment: Sequence[nn.Module] = (),
    ) -> None:
        super().__init__()
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < 1e30:
            raise ConfigError(f"normalise.scale must be a positive number, 'auto', 'body' or null, found '{scale}'")
        self.normalise, self.augment, self.stream = normalise, augment, stream
        self.mask: Any = mask
        self.num_views, self.scale = num_views, scale
        self.crops, self.own_masks = num_views if own_crops or mask_ratio is not None else 1, own_masks
        self.mask_source = mask_source
        self.local_crops, self.mask_ratio = tuple(local_crops), mask_ratio
        self.view_augment = nn.ModuleList(view_augment)

    @torch.no_grad()
    def forward(self, bodies: SkeletonData, generator: torch.Generator | None = None) -> tuple[Any, Any, Any]:
        """Make the views of a batch of bodies.

        Args:
            bodies: batch with one body a graph, ``joints [crops * B, 1, T, V, C]``, crop by crop; and ``local`` batches
                if there are local crops, see :func:`skgraph.data.loader.crop_batch`.
            generator: source of all draws.

        Returns:
            views ``[num_views, B, T, V, C]``, visible ``[B, K]`` and masked ``[B, L - K]`` token ids, of each view
            (``[num_views, B, K]``) with ``own_masks``. With ``mask_ratio`` a list of each, see
            :class:`~skgraph.objectives.Objective`.
        """
        if self.mask_ratio is not None:
            return self._multi_crop(bodies, generator, self.mask_ratio)
        bodies = self.normalise(bodies, generator)
        copies = self.num_views // self.crops
        views = SkeletonData.from_joints(
            bodies.joints.repeat(copies, 1, 1, 1, 1), bodies.frame_mask.repeat(copies, 1, 1)
        )
        views = self._augment_views(self.augment(views, generator), True, generator)
        masked_views = self.num_views if self.own_masks else 1
        rows = slice(views.num_graphs // self.num_views * masked_views)
        seen = views if self.mask_source == "view" else bodies
        tokens = self.mask.draw(seen.joints[rows, 0], generator, seen.frame_mask[rows, 0])
        visible, masked = (ids.unflatten(0, (self.num_views, -1)) if self.own_masks else ids for ids in tokens)
        return self._finish(views, self.num_views, generator), visible, masked

    def _finish(self, views: SkeletonData, count: int, generator: torch.Generator | None) -> Tensor:
        """Make the stream of augmented views, and scale it: ``[count, B, T, V, C]``."""
        if self.stream is not None:
            views = self.stream(views, generator)
        joints = views.joints[:, 0].unflatten(0, (count, -1))
        return joints if self.scale == 1 else joints / self.scale

    def _multi_crop(
        self, bodies: SkeletonData, generator: torch.Generator | None, ratio: tuple[float, float]
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Make the global views and each kind of local ones, with bool masks."""
        views, hidden = [], []
        for kind, crops in enumerate([bodies, *(bodies.local if self.local_crops else ())]):
            count = self.num_views * (1 if kind == 0 else self.local_crops[kind - 1].number)
            graphs = self.normalise(crops, generator)
            graphs = SkeletonData.from_joints(graphs.joints, graphs.frame_mask)
            graphs = self._augment_views(self.augment(graphs, generator), kind == 0, generator)
            number = self._tokens_to_hide(graphs, count, kind == 0, generator, ratio)
            mask = self.mask.hide(graphs.joints[:, 0], number, generator, graphs.frame_mask[:, 0])
            views.append(self._finish(graphs, count, generator))
            hidden.append(mask.unflatten(0, (count, -1)))
        return views, [~mask for mask in hidden], hidden

    def _augment_views(self, graphs: SkeletonData, is_global: bool, generator: torch.Generator | None) -> SkeletonData:
        """Augment each global view, or local ones, by the transforms of its kind."""
        if not self.view_augment:
            return graphs
        *of_views, of_local = self.view_augment
        if not is_global:
            return of_local(graphs, generator)
        views = list(zip(graphs.joints.chunk(self.num_views), graphs.frame_mask.chunk(self.num_views), strict=True))
        for i, step in enumerate(of_views[: self.num_views]):
            view = step(SkeletonData.from_joints(*views[i]), generator)
            views[i] = (view.joints, view.frame_mask)
        return SkeletonData.from_joints(*map(torch.cat, zip(*views, strict=True)))

    def _tokens_to_hide(
        self,
        graphs: SkeletonData,
        views: int,
        is_global: bool,
        generator: torch.Generator | None,
        ratio: tuple[float, float],
    ) -> Tensor:
        """Return the number of tokens to hide of each view ``[views * B]``.

        Ratios lie evenly between the two of ``ratio`` over the rows of the whole batch, whose order is random.
        """
        joints = graphs.joints
        own = torch.arange(len(joints) // views, device=joints.device)
        row, rows = own, len(own)
        if isinstance(generator, RankGenerator):
            row, rows = own * generator.world_size + generator.rank, rows * generator.world_size
        low, high = ratio
        tokens = joints.size(2) // self.mask.patch_length * joints.size(3)
        number = ((low + (high - low) * (row + 0.5) / rows) * tokens).round().long().expand(views, -1)
        if is_global:
            view = torch.arange(views, device=joints.device)[:, None]
            number = number * ((row + view) % 2 == 0)
        return number.flatten()

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


class MixedViews(nn.Module):
    """Hold a :class:`ViewMaker` for each of several sources.

    Args:
        members: of each source, in the order of the loaders.
        topologies: of each source's bodies.
    """

    members: Any

    def __init__(self, members: Sequence[ViewMaker], topologies: Sequence[Topology]) -> None:
        super().__init__()
        self.members, self.topologies = nn.ModuleList(members), tuple(topologies)


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
    last = len(dataset) - 1
    items = torch.linspace(0, last, min(bodies, len(dataset)), dtype=torch.double)
    graphs = views.plain(whole.batch(items.round().long()))
    there = graphs.joints[graphs.frame_mask].double() * views.scale
    scale = float(f"{float(there.square().mean().sqrt()):.3g}") if there.numel() else 0.0
    if not math.isfinite(scale):
        raise DataError(f"the coordinates of '{dataset.store.path}' are too large: their squares are not finite")
    if scale == 0:
        raise DataError(f"the coordinates of '{dataset.store.path}' are zero in this stream: there is nothing to learn")
    return scale
