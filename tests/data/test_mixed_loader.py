from __future__ import annotations

import pytest
import torch

from skgraph.data import EpochLoader, MixedLoader, SkeletonDataset


@pytest.fixture
def make(store):
    bodies = SkeletonDataset(store, "xsub", items="bodies", frames=8, crop=(0.5, 1.0))
    few = SkeletonDataset(store, "xsub", items="bodies", frames=8)[:8]

    def loader(rank=0, world_size=1):
        size = 4 // world_size
        return MixedLoader([EpochLoader(x, size, i, rank, world_size) for i, x in enumerate((bodies, few))], seed=0)

    return loader


def test_sources_by_the_square_root_of_their_items(make):
    mixed = make()
    assert [len(loader.dataset) for loader in mixed.loaders] == [32, 8] and mixed.steps_per_epoch == 8 + 2
    assert mixed.batches == [7, 3]  # 2 to 1
    sources = [batch.source for batch, _ in mixed.epoch(0)]
    assert [sources.count(k) for k in (0, 1)] == [7, 3] and sources != [batch.source for batch, _ in mixed.epoch(1)]


def test_a_source_goes_on_where_its_last_epoch_ended(make):
    mixed = make()
    found = [batch.x for epoch in range(3) for batch, _ in mixed.epoch(epoch) if batch.source == 0]
    alone = [batch.x for epoch in range(3) for batch, _ in mixed.loaders[0].epoch(epoch)]
    assert len(found) == 21 and all(torch.equal(a, b) for a, b in zip(found, alone, strict=False))


def test_it_can_start_in_the_middle(make):
    whole = [(batch.source, batch.x) for batch, _ in make().epoch(2)]
    rest = [(batch.source, batch.x) for batch, _ in make().epoch(2, first=4)]
    assert len(rest) == 6
    assert all(a[0] == b[0] and torch.equal(a[1], b[1]) for a, b in zip(whole[4:], rest, strict=True))


def test_a_batch_is_the_same_however_many_ranks_share_it(make):
    for whole, *shares in zip(make().epoch(1), make(0, 2).epoch(1), make(1, 2).epoch(1), strict=True):
        for rank, (share, _) in enumerate(shares):
            assert share.source == whole[0].source and torch.equal(share.joints, whole[0].joints[rank::2])
