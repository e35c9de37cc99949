"""Bodies of a batch of clips, prepared for an encoder."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter

from skgraph._internal.options import at_least
from skgraph.data import SkeletonDataset
from skgraph.data.dataset import BodyRule, check_body_rule
from skgraph.data.temporal import centre_windows
from skgraph.errors import ConfigError
from skgraph.training.views import ViewMaker


@dataclass(frozen=True)
class Bodies:
    """Bodies of ``B`` clips in one row, without the absent ones.

    Attributes:
        joints: ``[b, T, V, C]``, prepared for the encoder.
        clip, slot: clip of each body in ``0 .. B - 1``, and its index there in ``0 .. M - 1``, ``[b]``.
        y, ids: labels of the clips, and their ids in the store, on the CPU, ``[B]``.
        slots: ``M``.
    """

    joints: Tensor
    clip: Tensor
    slot: Tensor
    y: Tensor
    ids: Tensor
    slots: int

    def __len__(self) -> int:
        return len(self.y)

    def mean(self, x: Tensor) -> Tensor:
        """Average over the bodies of each clip: ``[b, ...]`` to ``[B, ...]``."""
        return scatter(x, self.clip, dim=0, dim_size=len(self), reduce="mean")

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pad tokens ``[b, L, D]`` to ``[B, M * L, D]``; the mask ``[B, M * L]`` is True for tokens."""
        shape = (len(self), self.slots)
        dense = x.new_zeros(*shape, *x.shape[1:])
        dense[self.clip, self.slot] = x
        present = torch.zeros(shape, dtype=torch.bool, device=x.device)
        present[self.clip, self.slot] = True
        return dense.flatten(1, 2), present.repeat_interleave(x.size(1), dim=1)


def read_bodies(
    dataset: SkeletonDataset,
    idx: Tensor,
    views: ViewMaker,
    device: torch.device,
    bodies: BodyRule = "present",
    windows: tuple[Tensor, Tensor] | None = None,
    augment: nn.Module | None = None,
    generator: torch.Generator | None = None,
) -> Bodies:
    """Read clips and prepare their bodies.

    Args:
        dataset: clips, with ``frames`` set.
        idx: positions in it, ``[B]``.
        views: normalises, makes the stream and scales.
        device: where to prepare them.
        bodies: ``"present"``, or ``"padded"`` for absent bodies too, as zeros, as MAMP averages them in.
        windows: ``start [B]`` and ``width [B]``, in frames.
        augment: random transform, of a protocol that trains on augmented clips.
        generator: source of the crops and of ``augment``.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies`` is unknown.
    """
    _check_clips(dataset)
    check_body_rule(bodies)
    graphs = dataset.batch(idx, generator, windows)
    present = graphs.frame_mask.any(dim=-1)  # [B, M]; before the copy to the device, which need not synchronise then
    # A clip whose window misses its only body keeps that body, all zeros, so that it has a feature.
    present[:, 0] |= ~present.any(dim=1)
    if bodies == "padded":
        present = torch.ones_like(present)
    clip, slot = (index.to(device, non_blocking=True) for index in present.nonzero(as_tuple=True))
    ids = graphs.clip
    graphs = views.plain(graphs.to(device, non_blocking=True), augment, generator)
    return Bodies(graphs.joints[clip, slot], clip, slot, graphs.y, ids, present.size(1))


def crop_windows(dataset: SkeletonDataset, idx: Tensor, proportion: float, crops: int) -> list[tuple[Tensor, Tensor]]:
    """Return windows of a proportion of each clip: the middle, or ``crops`` evenly from its start to its end.

    For each crop it returns ``start [B]`` and ``width [B]`` in frames; :func:`check_crops` says what is out of range.
    """
    _check_clips(dataset)
    check_crops(proportion, crops)
    length = dataset.store.length[dataset.items[idx]]
    centres = [0.5] if crops == 1 else torch.linspace(0, 1, crops).tolist()
    return [centre_windows(length, proportion, centre) for centre in centres]


def check_crops(proportion: float | None, crops: int) -> None:
    """Raise a ConfigError for a proportion outside (0, 1], no crop, or several crops of whole clips."""
    if proportion is not None and not 0 < proportion <= 1:
        raise ConfigError(f"crop must be a proportion in (0, 1], found {proportion}")
    at_least("evaluate", 1, crops=crops)
    if crops > 1 and proportion == 1:
        raise ConfigError(f"crops={crops} of whole clips are all the same: say crop=0.5, for instance")


def _check_clips(dataset: SkeletonDataset) -> None:
    if dataset.kind != "clips":
        raise ConfigError("an evaluation needs a dataset of clips: SkeletonDataset(..., items='clips')")
