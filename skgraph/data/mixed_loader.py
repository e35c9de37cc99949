"""Batches of several stores, in one training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import torch

from skgraph._internal.distributed import RankGenerator
from skgraph.data.loader import EpochLoader, mix
from skgraph.data.skeleton_data import SkeletonData


class MixedLoader:
    """Batches of several loaders, each batch from one of them.

    An epoch has as many batches as all epochs of the loaders together, of each loader in proportion to the square root
    of its items, in random order. It has no state. ``order``, ``step_generator`` and ``rank_seed`` are those of the
    first loader.

    Args:
        loaders: one of each source; seeds, ranks and batch sizes are theirs.
        seed: seed of the order of the sources.

    Attributes:
        batches: batches of each loader in an epoch.
    """

    def __init__(self, loaders: Sequence[EpochLoader], seed: int = 0) -> None:
        self.loaders, self.seed = tuple(loaders), seed
        first = self.loaders[0]
        self.dataset, self.batch_size = first.dataset, first.batch_size
        self.order, self.step_generator, self.rank_seed = first.order, first.step_generator, first.rank_seed
        self.steps_per_epoch = sum(loader.steps_per_epoch for loader in self.loaders)
        share = torch.tensor([len(loader.dataset) for loader in self.loaders], dtype=torch.double).sqrt()
        ends = (share.cumsum(0) / share.sum() * self.steps_per_epoch).round().long()
        self.batches = ends.diff(prepend=ends.new_zeros(1)).tolist()

    def sources(self, epoch: int) -> list[int]:
        """Return the loader of each batch of an epoch."""
        numbers = torch.repeat_interleave(torch.arange(len(self.batches)), torch.tensor(self.batches))
        generator = torch.Generator().manual_seed(mix(self.seed, 2, epoch))
        return numbers[torch.randperm(len(numbers), generator=generator)].tolist()

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[SkeletonData, RankGenerator]]:
        """Yield the batches of an epoch from its ``first`` step on; their ``source`` is the number of the loader."""
        sources = self.sources(epoch)
        done = [epoch * batches + sources[:first].count(k) for k, batches in enumerate(self.batches)]
        streams = [_batches(loader, step) for loader, step in zip(self.loaders, done, strict=True)]
        for source in sources[first:]:
            bodies, generator = next(streams[source])
            bodies.source = source
            yield bodies, generator


def _batches(loader: EpochLoader, step: int) -> Iterator[tuple[SkeletonData, RankGenerator]]:
    """Yield the batches of a loader without end, from a step on."""
    epoch, first = divmod(step, loader.steps_per_epoch)
    for number in count(epoch):
        yield from loader.epoch(number, first if number == epoch else 0)
