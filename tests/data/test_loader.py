from __future__ import annotations

import pytest
import torch

from skgraph.data import EpochLoader, SkeletonDataset
from skgraph.data.loader import crop_batch
from skgraph.errors import ConfigError


@pytest.fixture
def bodies(store):
    return SkeletonDataset(store, "xsub", items="bodies", frames=8, crop=(0.5, 1.0))


def test_an_epoch_visits_every_item_once(bodies):
    loader = EpochLoader(bodies, batch_size=8)
    clips = torch.cat([batch.clip for batch, _ in loader.epoch(0)])
    assert loader.steps_per_epoch == 4
    assert sorted(clips.tolist()) == sorted(bodies.clips.tolist())
    assert clips.tolist() != torch.cat([batch.clip for batch, _ in loader.epoch(1)]).tolist()


def test_it_can_start_in_the_middle(bodies):
    loader = EpochLoader(bodies, batch_size=8, seed=3)
    whole = [batch.x for batch, _ in loader.epoch(2)]
    rest = [batch.x for batch, _ in loader.epoch(2, first=2)]
    assert len(rest) == 2 and all(torch.equal(a, b) for a, b in zip(whole[2:], rest, strict=True))


def test_ranks_share_the_items(bodies):
    ranks = [EpochLoader(bodies, batch_size=4, rank=r, world_size=2) for r in range(2)]
    seen = [torch.cat([batch.clip for batch, _ in loader.epoch(0)]) for loader in ranks]
    assert sorted(torch.cat(seen).tolist()) == sorted(bodies.clips.tolist())
    assert ranks[0].rank_seed(5) != ranks[1].rank_seed(5)


def test_a_batch_is_the_same_however_many_ranks_share_it(bodies):
    alone = [batch for batch, _ in EpochLoader(bodies, batch_size=8).epoch(1)]
    ranks = [[batch for batch, _ in EpochLoader(bodies, 4, rank=r, world_size=2).epoch(1)] for r in range(2)]
    for whole, *shares in zip(alone, *ranks, strict=True):
        for rank, share in enumerate(shares):
            assert torch.equal(share.joints, whole.joints[rank::2])


def test_each_crop_of_an_item_is_drawn_by_itself_for_any_number_of_ranks(store):
    bodies = SkeletonDataset(store, items="bodies", frames=16, crop=(0.5, 1.0))
    whole, _ = next(EpochLoader(bodies, batch_size=8, crops=3).epoch(1))
    one, two, three = whole.clip.view(3, 8)
    assert torch.equal(one, two) and torch.equal(one, three)
    crops = whole.joints.view(3, 8, -1)
    assert all(not torch.equal(crops[0, i], crops[1, i]) for i in range(8))
    for rank in range(2):
        share, _ = next(EpochLoader(bodies, 4, rank=rank, world_size=2, crops=3).epoch(1))
        assert torch.equal(share.joints, whole.joints[rank::2])


def test_local_crops_lie_inside_their_crop(store):
    bodies = SkeletonDataset(store, items="bodies", frames=16, crop=(0.5, 1.0))
    drawn, own = [], bodies.batch
    bodies.batch = lambda rows, **options: drawn.append((rows, *options["windows"])) or own(rows, **options)
    batch = crop_batch(
        bodies, torch.arange(6), torch.Generator().manual_seed(0), 2, [(8, 3, 0.2, 0.5), (4, 1, 0.1, 0.2)]
    )
    assert [len(x.joints) for x in (batch, *batch.local)] == [12, 36, 12]
    assert [x.joints.size(2) for x in (batch, *batch.local)] == [16, 8, 4]
    (rows, start, width), *local = drawn
    for (local_rows, first, inner), (low, high) in zip(local, ((0.2, 0.5), (0.1, 0.2)), strict=True):
        repeats = len(first) // 12
        assert torch.equal(local_rows, rows.repeat(repeats))
        assert (first >= start.repeat(repeats)).all() and (first + inner <= (start + width).repeat(repeats)).all()
        share = inner / width.repeat(repeats)
        assert low - 0.05 < share.min() and share.max() < high + 0.05


def test_a_slice_is_loaded_as_a_slice(bodies):
    part = bodies[:8]
    clips = torch.cat([batch.clip for batch, _ in EpochLoader(part, batch_size=4).epoch(0)])
    assert sorted(clips.tolist()) == sorted(part.clips.tolist())


def test_too_few_items(bodies):
    with pytest.raises(ConfigError, match="32 bodies, fewer than one global batch of 20 x 2"):
        EpochLoader(bodies, batch_size=20, world_size=2)
