"""Clips, or the bodies in them, as a PyTorch Geometric dataset."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch_geometric.data import Dataset

from skgraph._internal.options import at_least
from skgraph.data.body_geometry import reference_pose
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.store import SkeletonStore
from skgraph.data.temporal import (
    Resampling,
    centre_windows,
    check_resampling,
    extended_length,
    fold_positions,
    sample_positions,
    sample_windows,
)
from skgraph.errors import ConfigError


class SkeletonDataset(Dataset):
    """Clips or bodies of a store, as a PyG dataset, and as batches of static shape.

    An item is a clip with all its bodies (``items="clips"``), or one body that is present (``items="bodies"``,
    for pre-training: absent second bodies cost nothing). ``dataset[i]`` is a graph of the item's own length, or, with
    ``frames``, of the shape of a batch: cropped, resampled to ``frames`` frames, with as many bodies as any clip has.
    Slicing by range, fraction (``dataset[:0.5]``), index list or mask gives a smaller dataset, as in PyG.

    :class:`torch_geometric.loader.DataLoader` batches the items, of whatever length. :meth:`batch` reads any number of
    items in one gather, and so does :class:`torch.utils.data.DataLoader` with ``collate_fn=lambda batch: batch``.

    Args:
        store: an opened store, or its folder.
        split: name of a split; all clips if not given.
        part: side of the split, ``"train"`` or ``"test"``.
        items: ``"clips"`` or ``"bodies"``.
        frames: frames of an item, ``T``; those of its own if not given.
        crop: smallest and largest proportion of an item that a batch covers; the centre where both are equal.
        min_frames: no random crop is shorter than this, unless the item is.
        extend: for its crops, an item of fewer frames is played forwards and backwards until it has as many, as SLiM
            does with 150.
        bodies: body items of a clip: those ``"present"``; or ``"padded"`` with empty ones, all zeros, to the largest
            number in the store, as MAMP's released code trains on them.
        resampling: frames of a batch are interpolated (``"linear"``), or the ``"nearest"`` ones of the item.
        transform: applied to each item that is read, as in PyG, and not by :meth:`batch`.

    Raises:
        StoreError: the store cannot be opened or has no such split.
        ConfigError: an argument that does not fit.
    """

    def __init__(
        self,
        store: SkeletonStore | str | Path,
        split: str | None = None,
        part: str = "train",
        items: Literal["clips", "bodies"] = "clips",
        frames: int | None = None,
        crop: tuple[float, float] = (1.0, 1.0),
        min_frames: int = 1,
        extend: int | None = None,
        bodies: Literal["present", "padded"] = "present",
        resampling: Resampling = "linear",
        transform: Callable | None = None,
    ) -> None:
        if items not in ("clips", "bodies"):
            raise ConfigError(f"items must be 'clips' or 'bodies', found '{items}'")
        if bodies not in ("present", "padded"):
            raise ConfigError(f"bodies must be 'present' or 'padded', found '{bodies}'")
        if bodies == "padded" and items == "clips":
            raise ConfigError("bodies='padded' is for items='bodies': a clip has all its bodies")
        check_resampling(resampling)
        low, high = crop
        if not 0 < low <= high <= 1:
            raise ConfigError(f"crop must be two proportions with 0 < low <= high <= 1, found {list(crop)}")
        at_least("SkeletonDataset", 1, extend=extend)
        if frames is not None and frames < 1:
            raise ConfigError(f"frames must be at least 1, found {frames}")
        super().__init__(root=None, transform=transform)
        self.store = store if isinstance(store, SkeletonStore) else SkeletonStore.open(store)
        self.kind = items
        self.frames, self.crop, self.min_frames, self.extend = frames, (low, high), min_frames, extend
        self.resampling: Resampling = resampling
        clips = torch.arange(self.store.num_clips) if split is None else self.store.split(split, part)
        if items == "clips":
            self.items = clips
        else:
            chosen = torch.zeros(self.store.num_clips, dtype=torch.bool)
            chosen[clips] = True
            self.items = chosen[self.store.track_clip].nonzero().flatten()
            if bodies == "padded":  # code an absent body by the number of bodies in the store plus its clip
                absent = (self.store.max_bodies - self.store.body_ptr.diff()) * chosen
                empty = torch.arange(self.store.num_clips).repeat_interleave(absent)
                self.items = torch.cat([self.items, len(self.store.track_row) + empty])
        # Whether any item is a second body. Decided once: asking a CUDA tensor for each batch would synchronise.
        first = self.store.body_ptr[:-1][self._clips(self.items)] if items == "bodies" else self.items
        self._needs_reference = items == "bodies" and not torch.equal(self.items, first)

    def to(self, device: torch.device | str) -> SkeletonDataset:
        """Return this dataset with its store and its items on a device, where batches are made."""
        moved = copy.copy(self)
        moved.store, moved.items = self.store.to(device), self.items.to(device)
        return moved

    def len(self) -> int:
        return len(self.items)

    @property
    def clips(self) -> Tensor:
        """Clip ids of the items, ``[len(self)]``."""
        return self._clips(self.items)

    @property
    def y(self) -> Tensor:
        """Labels of the items, ``[len(self)]``."""
        return self.store.y[self.clips]

    def _clips(self, item: Tensor) -> Tensor:
        if self.kind == "clips":
            return item
        bodies = len(self.store.track_row)
        return torch.where(item < bodies, self.store.track_clip[item.clamp(max=bodies - 1)], item - bodies)

    def _in_time(self, item: Tensor) -> Tensor:
        """Return the body whose frames each item covers; for an absent body, the main body of its clip."""
        return torch.where(item < len(self.store.track_row), item, self.store.body_ptr[self._clips(item)])

    @property
    def num_classes(self) -> int:
        """Classes of the store, even if the items do not have all of them."""
        return len(self.store.class_names)

    def index_select(self, idx: Any) -> SkeletonDataset:
        """Return a dataset of some items, by slice, list, mask or index tensor, as in PyG."""
        chosen = super().index_select(idx)
        if chosen._indices is not None:  # PyG comes here twice for a mask or an index tensor
            chosen.items, chosen._indices = self.items[torch.tensor(list(chosen._indices), dtype=torch.long)], None
        return chosen

    def get(self, idx: int) -> SkeletonData:
        if self.frames is not None:
            graph = self.batch(torch.tensor([idx]))[0]
            if self._needs_reference and "reference" not in graph:  # PyG batches items with equal attributes
                graph.reference = reference_pose(graph.joints, graph.frame_mask)
            return graph
        item = int(self.items[idx])
        if self.kind == "clips":
            return self.store.clip(item)
        i, absent = int(self._clips(self.items[idx])), item >= len(self.store.track_row)
        clip, item = self.store.clip(i), int(self._in_time(self.items[idx]))
        if self._needs_reference:
            clip.reference = reference_pose(clip.joints, clip.frame_mask)
        body = item - int(self.store.body_ptr[i])
        first, length = int(self.store.track_first[item]), int(self.store.track_length[item])
        rows = slice(body, body + 1), slice(first, first + length)
        if "confidence" in clip:
            clip.confidence = clip.confidence[rows] * (not absent)
        clip.joints, clip.frame_mask = clip.joints[rows] * (not absent), clip.frame_mask[rows] & (not absent)
        return clip

    def windows(self, idx: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Draw the crops of items ``idx [B]``: ``start [B]`` and ``width [B]``, in frames of each extended item."""
        length = self._length(self.items[idx])
        if self.extend:
            length = extended_length(length, self.extend)
        low, high = self.crop
        if low == high:
            return centre_windows(length, low)
        return sample_windows(length, low, high, generator, self.min_frames)

    def _length(self, item: Tensor) -> Tensor:
        return self.store.length[item] if self.kind == "clips" else self.store.track_length[self._in_time(item)]

    def batch(
        self,
        idx: Tensor,
        generator: torch.Generator | None = None,
        windows: tuple[Tensor, Tensor] | None = None,
        frames: int | None = None,
    ) -> SkeletonData:
        """Crop and resample items ``idx [B]`` to ``frames``: a graph batch of static shape.

        Bodies of a clip share one window of the clip's time; a body item's window lies in the body's own time.

        Args:
            idx: positions in this dataset.
            generator: source of the random crops.
            windows: ``start [B]`` and ``width [B]`` in frames of each extended item, in place of its ``crop``.
            frames: frames of this batch, in place of the dataset's.

        Returns:
            ``joints [B, M, T, V, C]`` with ``M = 1`` for body items, ``y [B]`` and ``clip [B]`` (ids in the store).
            Body items carry a ``reference`` where a second body is among them.
        """
        frames = frames or self.frames
        if frames is None:
            raise ConfigError("batches need a fixed number of frames: SkeletonDataset(..., frames=T)")
        item = self.items[idx]
        store = self.store
        if self.kind == "bodies":
            clip, origin = self._clips(item), store.track_first[self._in_time(item)]
            tracks = torch.where(item < len(store.track_row), item, -1)[:, None]
        else:
            clip, origin = item, torch.zeros_like(item)
            body = torch.arange(store.max_bodies, device=item.device)
            first, end = store.body_ptr[item, None], store.body_ptr[item + 1, None]
            tracks = torch.where(first + body < end, first + body, -1)
        start, width = windows or self.windows(idx, generator)
        if self.extend:
            positions = origin[:, None] + fold_positions(sample_positions(start, width, frames), self._length(item))
        else:
            positions = sample_positions(origin + start, width, frames)
        if self.resampling == "nearest":
            positions = positions.round()
        bodies = tracks.size(1)
        joints, frame_mask = store.gather(tracks.flatten(), positions.repeat_interleave(bodies, dim=0))
        joints, frame_mask = joints.unflatten(0, (-1, bodies)), frame_mask.unflatten(0, (-1, bodies))
        graphs = SkeletonData.from_joints(joints, frame_mask, y=store.y[clip], clip=clip)
        if self._needs_reference and not (item.is_cpu and torch.equal(item, store.body_ptr[clip])):
            # A second body is normalised by the main body of its clip, here as in an evaluation of the whole clip.
            main, there = store.gather(store.body_ptr[clip], positions)
            pair, mask = torch.stack([main, joints[:, 0]], dim=1), torch.stack([there, frame_mask[:, 0]], dim=1)
            graphs.reference = reference_pose(pair, mask)
        return graphs

    def __getitems__(self, idx: list[int]) -> SkeletonData | list[SkeletonData]:
        """Make the batch that a data loader asks for: by one gather, unless items differ in length."""
        if self.frames is None:
            return [self[i] for i in idx]
        graphs = self.batch(torch.tensor(idx))
        return graphs if self.transform is None else [self.transform(graph) for graph in graphs]
