"""Bodies of a batch of clips, prepared for an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter

from skgraph._internal.options import at_least
from skgraph.data import SkeletonData, SkeletonDataset
from skgraph.data.body_geometry import reference_pose
from skgraph.data.temporal import centre_windows
from skgraph.errors import ConfigError
from skgraph.topology import Topology
from skgraph.training.views import ViewMaker
from skgraph.transforms import AlignBody

BodyRule = Literal["present", "padded", "relation"]


def check_body_rule(bodies: object) -> None:
    """Raise a ConfigError unless ``bodies`` is a :data:`BodyRule`."""
    if bodies not in get_args(BodyRule):
        raise ConfigError(f"bodies must be 'present', 'padded' or 'relation', found '{bodies}'")


@dataclass(frozen=True)
class Bodies:
    """Bodies of ``B`` clips in one row, without the absent ones; with ``relation``, also each as another one sees it.

    Attributes:
        joints: ``[b + 2 p, T, V, C]``, prepared for the encoder: ``b`` bodies; of each of ``p`` pairs in a clip the
            second body as the first one sees it; and the first body as the second one sees it.
        clip, slot: clip of each body in ``0 .. B - 1``, and its index there in ``0 .. M - 1``, ``[b]``.
        pair: clip of each pair, ``[p]``; ``None`` without ``relation``.
        ids: ids of the clips in the store, on the CPU, ``[B]``.
        slots: ``M``.
    """

    joints: Tensor
    clip: Tensor
    slot: Tensor
    ids: Tensor
    slots: int
    pair: Tensor | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def owner(self) -> Tensor:
        """The clip of each row of ``joints``, ``[b + 2 p]``."""
        return self.clip if self.pair is None else torch.cat([self.clip, self.pair, self.pair])

    def mean(self, x: Tensor) -> Tensor:
        """Average over the bodies of each clip: ``[b, ...]`` to ``[B, ...]``."""
        return self._mean(x, self.clip)

    def combine(self, x: Tensor) -> Tensor:
        """Turn features of ``joints`` into features of clips.

        Without ``relation`` this is :meth:`mean`, ``[b, D]`` to ``[B, D]``. With it, the mean of the bodies, the mean
        of those seen by another one, and the mean absolute difference of the two directions of a pair stand side by
        side, ``[b + 2 p, D]`` to ``[B, 3 D]``: the order of bodies does not count, and the last two are zero in a clip
        of one body.
        """
        if self.pair is None:
            return self.mean(x)
        bodies, seen, back = x.split([len(self.clip), len(self.pair), len(self.pair)])
        other, difference = self._mean((seen + back) / 2, self.pair), self._mean((seen - back).abs(), self.pair)
        return torch.cat([self.mean(bodies), other, difference], dim=1)

    def _mean(self, x: Tensor, clip: Tensor) -> Tensor:
        return scatter(x, clip, dim=0, dim_size=len(self), reduce="mean")

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
        bodies: ``"present"``; ``"padded"`` for absent bodies too, as zeros, as MAMP averages them in; or
            ``"relation"`` for present bodies, and each once more in the frame of every other one of its clip.
        windows: ``start [B]`` and ``width [B]``, in frames.
        augment: random transform, of a protocol that trains on augmented clips.
        generator: source of the crops and of ``augment``.

    Raises:
        ConfigError: ``dataset`` holds bodies rather than clips, or ``bodies`` is unknown.
    """
    _check_clips(dataset)
    check_body_rule(bodies)
    graphs = dataset.batch(idx, generator, windows)
    return prepare_bodies(graphs, views, device, bodies, dataset.store.topology, augment, generator)


def prepare_bodies(
    graphs: SkeletonData,
    views: ViewMaker,
    device: torch.device,
    bodies: BodyRule,
    topology: Topology,
    augment: nn.Module | None = None,
    generator: torch.Generator | None = None,
) -> Bodies:
    """Prepare the bodies of a batch of clips ``[B, M, T, V, C]`` of a topology, see :func:`read_bodies`."""
    present = graphs.frame_mask.any(dim=-1)  # [B, M]; before the copy to the device, which need not synchronise then
    # A clip whose window misses its only body keeps that body, all zeros, so that it has a feature.
    present[:, 0] |= ~present.any(dim=1)
    if bodies == "padded":
        present = torch.ones_like(present)
    clip, slot = (index.to(device, non_blocking=True) for index in present.nonzero(as_tuple=True))
    ids = graphs.clip if "clip" in graphs else torch.arange(len(present))
    graphs = graphs.to(device, non_blocking=True)
    seen, pair = None, None
    if bodies == "relation":
        seen, pair = _seen_by_others(graphs, present.to(device), views, topology)
    graphs = views.plain(graphs, augment, generator)
    joints = graphs.joints[clip, slot]
    if seen is not None and len(seen):
        joints = torch.cat([joints, seen])
    return Bodies(joints, clip, slot, ids, present.size(1), pair)


def _seen_by_others(
    graphs: SkeletonData, present: Tensor, views: ViewMaker, topology: Topology
) -> tuple[Tensor, Tensor]:
    """Prepare each body in the frame of another one of its clip.

    Normalisation is relative to the other body's first frame, in place of the main body's. In 3D, the other body faces
    +z there, if the topology names a direction across.

    Returns:
        the second body of each pair as the first one sees it, then the first as the second one does,
        ``[2 p, T, V, C]``, and the clip of each pair ``[p]``.
    """
    pairs = torch.combinations(torch.arange(present.size(1), device=present.device), 2)
    clip, number = present[:, pairs].all(dim=-1).nonzero(as_tuple=True)
    if not len(clip):
        return graphs.joints.new_zeros(0, *graphs.joints.shape[2:]), clip
    first, second = pairs[number].T
    row, own, other = clip.repeat(2), torch.cat([first, second]), torch.cat([second, first])
    joints, frame_mask = graphs.joints[:, :, None], graphs.frame_mask[:, :, None]  # one graph a body
    seen = SkeletonData.from_joints(joints[row, other], frame_mask[row, other])
    seen.reference = reference_pose(joints[row, own], frame_mask[row, own])
    if topology.dim == 3 and topology.across is not None:
        seen = AlignBody(topology, yaw_only=True).to(joints.device)(seen)
    return views.plain(seen).joints[:, 0], clip


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
