"""Shuffled batches of a dataset, as a pure function of (seed, step, rank)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from skgraph._internal.distributed import RankGenerator
from skgraph.data.dataset import SkeletonDataset
from skgraph.data.skeleton_data import SkeletonData
from skgraph.data.temporal import sample_windows
from skgraph.errors import ConfigError


class EpochLoader:
    """Batches of shuffled items; each rank has a share of one global batch, which is the same for any number of ranks.

    There are no worker processes: a batch is one gather on the device of the dataset. Nothing has state, so that a
    resumed training reads the batches of an uninterrupted one.

    Args:
        dataset: has ``frames`` set, so that its batches have a static shape.
        batch_size: items a batch on each rank.
        seed: seed of the shuffling and of the crops.
        rank: index of this process.
        world_size: number of processes.
        crops: crops of each item; a batch has ``crops * batch_size`` rows, crop by crop.
        local_crops: ``(frames, number, low, high)`` of shorter crops, see :func:`~skgraph.data.loader.crop_batch`.

    Raises:
        ConfigError: the dataset does not fill one global batch.
    """

    def __init__(
        self,
        dataset: SkeletonDataset,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        crops: int = 1,
        local_crops: Sequence[tuple[int, int, float, float]] = (),
    ) -> None:
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed
        self.rank, self.world_size, self.crops, self.local_crops = rank, world_size, crops, local_crops
        self.steps_per_epoch = len(dataset) // (batch_size * world_size)
        if not self.steps_per_epoch:
            raise ConfigError(
                f"the dataset has {len(dataset)} {dataset.kind}, fewer than one global batch of "
                f"{batch_size} x {world_size}: choose a smaller trainer.batch_size"
            )

    def step_generator(self, step: int) -> RankGenerator:
        """Return the random numbers of one step: of the crops first, then of views and masks."""
        device = self.dataset.store.device
        generator = RankGenerator(self.rank, self.world_size, device)
        generator.manual_seed(mix(self.seed, 1, step))
        return generator

    def rank_seed(self, step: int) -> int:
        """Return a seed for the draws of one rank in a step, such as dropped paths."""
        return mix(self.seed, 1 + self.rank, step)

    def order(self, epoch: int) -> Tensor:
        """Return the global order of the items in an epoch."""
        generator = torch.Generator().manual_seed(mix(self.seed, 0, epoch))
        return torch.randperm(len(self.dataset), generator=generator)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[SkeletonData, RankGenerator]]:
        """Yield the batches of an epoch from its ``first`` step on, each with the generator of its step."""
        share = self.order(epoch)[self.rank :: self.world_size].to(self.dataset.store.device)
        for step in range(first, self.steps_per_epoch):
            generator = self.step_generator(epoch * self.steps_per_epoch + step)
            chosen = share[step * self.batch_size : (step + 1) * self.batch_size]
            yield crop_batch(self.dataset, chosen, generator, self.crops, self.local_crops), generator


def crop_batch(
    dataset: SkeletonDataset,
    idx: Tensor,
    generator: torch.Generator | None = None,
    crops: int = 1,
    local_crops: Sequence[tuple[int, int, float, float]] = (),
) -> SkeletonData:
    """Read crops of items, and shorter crops inside each of them.

    Args:
        dataset: has ``frames`` set.
        idx: positions in it, ``[B]``.
        generator: source of the windows.
        crops: crops of each item.
        local_crops: for each kind ``(frames, number, low, high)``: frames that a crop is resampled to, number of such
            crops in each crop, smallest and largest proportion of its window.

    Returns:
        ``crops * B`` graphs, crop by crop; with ``local_crops``, ``local`` is a list of batches of
        ``number * crops * B`` graphs, each kind by one gather.
    """
    rows = idx.repeat(crops)
    start, width = dataset.windows(rows, generator)
    batch = dataset.batch(rows, windows=(start, width))
    if local_crops:
        batch.local = []
        for frames, number, low, high in local_crops:
            first, inner = sample_windows(width.repeat(number), low, high, generator, dataset.min_frames)
            windows = (start.repeat(number) + first, inner)
            batch.local.append(dataset.batch(rows.repeat(number), windows=windows, frames=frames))
    return batch


def mix(*numbers: int) -> int:
    """Hash several numbers to a 63-bit seed; neighbouring inputs give distant seeds."""
    mixed = 0x9E3779B97F4A7C15
    for number in numbers:
        mixed = ((mixed ^ (number + 1)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed ^= mixed >> 31
    return mixed % 2**63
