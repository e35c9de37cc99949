from __future__ import annotations

import numpy as np
import pytest
import torch
import torch_geometric.loader
import torch_geometric.transforms as T
from torch.utils.data import ConcatDataset, DataLoader
from torch_geometric.data import Batch

from skgraph.data import SkeletonData, SkeletonDataset
from skgraph.data.temporal import sample_positions
from skgraph.errors import ConfigError
from skgraph.transforms import AddEdges


def test_clips_and_bodies(store):
    clips = SkeletonDataset(store, "xsub", "train")
    bodies = SkeletonDataset(store, "xsub", "train", items="bodies")
    assert len(clips) == 24 and len(bodies) == 24 + 8
    assert clips[0].joints.shape[0] == 2 and bodies[0].joints.shape[0] == 1
    assert bodies[1].frame_mask.all() and bodies[1].joints.shape[1] == clips[0].joints.shape[1] - 5
    assert torch.equal(bodies[1].joints[0], clips[0].joints[1, 5:])
    assert clips.num_classes == 4


def test_slicing_as_in_pyg(store):
    data = SkeletonDataset(store)
    assert len(data[10:20]) == 10 and data[10:20][0].name == "clip10"
    assert len(data[:0.5]) == 24
    assert data[torch.arange(48) % 4 == 1][1].name == "clip05"
    assert data[[3, 1]][0].name == "clip03"
    part = data[10:20]
    assert part.clips.tolist() == list(range(10, 20)) and part.y.tolist() == [i % 4 for i in range(10, 20)]
    assert part[torch.arange(10) > 7].clips.tolist() == part[-2:].clips.tolist() == [18, 19]
    assert part[np.array([4, 2])].clips.tolist() == part.index_select([4, 2]).clips.tolist() == [14, 12]
    shuffled, order = part.shuffle(return_perm=True)
    assert torch.equal(shuffled.clips, part.clips[order]) and [g.name for g in shuffled[:2]] == [
        f"clip{i}" for i in shuffled.clips[:2]
    ]
    assert torch.equal(SkeletonDataset(store, frames=8)[10:20].batch(torch.arange(3)).clip, torch.arange(10, 13))


def test_sizes_as_in_pyg(store):
    data = SkeletonDataset(store)
    assert (data.num_classes, data.num_features, data.num_node_features, data.num_edge_features) == (4, 3, 3, 0)
    assert repr(data[:10]) == "SkeletonDataset(10)" and "pos=[" in repr(data[0])


def test_transform_applies_to_single_graphs(store):
    def double(graph):
        graph.joints = graph.joints * 2
        return graph

    assert torch.equal(SkeletonDataset(store, transform=double)[0].joints, 2 * SkeletonDataset(store)[0].joints)


def test_a_batch_has_a_static_shape(store):
    data = SkeletonDataset(store, frames=16)
    batch = data.batch(torch.tensor([0, 1, 2]))
    assert batch.joints.shape == (3, 2, 16, 25, 3) and batch.frame_mask.shape == (3, 2, 16)
    assert batch.y.tolist() == [0, 1, 2] and batch.clip.tolist() == [0, 1, 2]
    assert batch.frame_mask.any(dim=2).tolist() == [[True, True], [True, False], [True, False]]
    assert not batch.joints[1, 1].any()


def test_a_batch_equals_the_clips_resampled_one_by_one(store):
    data = SkeletonDataset(store, frames=16)
    batch = data.batch(torch.arange(48))
    for i in (1, 2, 4):
        body = store.clip(i).joints[0].permute(1, 2, 0)  # [V, C, T]
        expected = torch.nn.functional.interpolate(body, size=16, mode="linear", align_corners=False)
        assert torch.allclose(batch.joints[i, 0], expected.permute(2, 0, 1), atol=1e-5)


def test_bodies_share_the_window_of_their_clip(store):
    data = SkeletonDataset(store, frames=16, crop=(0.5, 0.5))
    batch = data.batch(torch.tensor([0]))
    present = batch.frame_mask[0, 1]
    offset = batch.joints[0, 1][present] - batch.joints[0, 0][present]
    assert torch.allclose(offset, torch.ones_like(offset), atol=1e-5)


@pytest.mark.parametrize("kind", ["clips", "bodies"])
def test_crops_of_extended_items(store, kind):
    plain = SkeletonDataset(store, items=kind, frames=8)
    extended = SkeletonDataset(store, items=kind, frames=8, extend=150)
    idx = torch.arange(9)
    length = (store.length if kind == "clips" else store.track_length)[:9]
    (_, whole), (_, own) = extended.windows(idx), plain.windows(idx)
    assert torch.equal(own, length) and (whole >= 150).all() and (whole % length == 0).all()
    start, width = torch.zeros_like(length), torch.full_like(length, 8)
    backwards = extended.batch(idx, windows=(2 * length - 8, width))
    forwards = plain.batch(idx, windows=(start, width))
    assert torch.allclose(backwards.joints.flip(2), forwards.joints, atol=1e-6)
    assert torch.allclose(extended.batch(idx, windows=(start, width)).joints, forwards.joints, atol=1e-6)
    with pytest.raises(ConfigError, match="SkeletonDataset: extend must be at least 1, found 0"):
        SkeletonDataset(store, extend=0)


def test_random_crops_follow_the_generator(store):
    data = SkeletonDataset(store, items="bodies", frames=16, crop=(0.5, 1.0))
    idx = torch.arange(8)
    first = data.batch(idx, torch.Generator().manual_seed(0)).x
    assert torch.equal(first, data.batch(idx, torch.Generator().manual_seed(0)).x)
    assert not torch.equal(first, data.batch(idx, torch.Generator().manual_seed(1)).x)


@pytest.mark.parametrize("items", ["clips", "bodies"])
def test_pyg_data_loader_of_items_of_their_own_length(store, topology, items):
    data = SkeletonDataset(store, "xsub", "test", items=items)[4:14]
    batches = list(torch_geometric.loader.DataLoader(data, batch_size=4))
    assert [batch.num_graphs for batch in batches] == [4, 4, 2]
    clips = [clip for batch in batches for clip in batch.to_data_list()]
    for clip, expected in zip(clips, data, strict=True):
        assert torch.equal(clip.joints, expected.joints) and clip.name == expected.name
    assert torch.cat([batch.y for batch in batches]).tolist() == data.y.tolist()
    data.transform = AddEdges(topology)
    (batch,) = torch_geometric.loader.DataLoader(data, batch_size=10)
    graphs = list(data)
    assert batch.num_nodes == sum(graph.num_nodes for graph in graphs) and batch.validate()
    start, end = batch.ptr[3], batch.ptr[4]
    inside = (batch.edge_index[0] >= start) & (batch.edge_index[0] < end)
    assert torch.equal(batch.edge_index[:, inside] - start, graphs[3].edge_index)


def test_pyg_data_loader_of_items_of_one_length(store, topology):
    data = SkeletonDataset(store, frames=8)[4:14]
    whole = data.batch(torch.arange(10))
    assert torch.equal(data[2].joints, whole.joints[2]) and data[2].clip == 6
    (batch,) = torch_geometric.loader.DataLoader(data, batch_size=10)
    assert batch.num_graphs == 10 and torch.equal(batch.joints, whole.joints)
    assert torch.equal(batch.frame_mask, whole.frame_mask) and torch.equal(batch.clip, whole.clip)
    data.transform = T.Compose([T.RandomScale((2, 2)), AddEdges(topology)])
    (batch,) = torch_geometric.loader.DataLoader(data, batch_size=10)
    union = whole.to_pyg(topology)
    assert torch.equal(batch.x, 2 * union.x) and torch.equal(batch.batch, union.batch)
    assert torch.equal(batch.present, union.present) and batch.num_edges == union.num_edges


def test_pyg_data_loader_of_several_datasets(store):
    loader = torch_geometric.loader.DataLoader(ConcatDataset([SkeletonDataset(store)[:2]] * 2), batch_size=4)
    assert next(iter(loader)).name == ["clip00", "clip01"] * 2


def test_torch_data_loader(store):
    data = SkeletonDataset(store, "xsub", "test", frames=8)[4:20]
    loader = DataLoader(data, batch_size=8, collate_fn=lambda batch: batch)
    batches = list(loader)
    assert [b.joints.shape[0] for b in batches] == [8, 8]
    assert torch.cat([b.clip for b in batches]).tolist() == data.clips.tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(items="people"), "items must be 'clips' or 'bodies'"),
        (dict(crop=(0.9, 0.5)), "0 < low <= high <= 1"),
        (dict(frames=0), "at least 1"),
        (dict(bodies="all"), "bodies must be 'present' or 'padded', found 'all'"),
        (dict(bodies="padded"), "bodies='padded' is for items='bodies'"),
        (dict(resampling="cubic"), "resampling must be 'linear' or 'nearest', found 'cubic'"),
    ],
)
def test_unknown_values(store, options, message):
    with pytest.raises(ConfigError, match=message):
        SkeletonDataset(store, **options)


def test_a_batch_needs_frames(store):
    with pytest.raises(ConfigError, match="fixed number of frames"):
        SkeletonDataset(store).batch(torch.tensor([0]))


def test_a_second_body_is_normalised_by_the_main_body_of_its_clip(store, topology):
    from skgraph.transforms import AlignBody, Center, Compose

    normalise = Compose([Center(topology), AlignBody(topology)])
    bodies = SkeletonDataset(store, items="bodies", frames=16)
    main, second = 0, 1  # both of clip 0
    batch = normalise(bodies.batch(torch.tensor([main, second])))
    # the same window of the clip, both bodies in one graph
    first, length = store.track_first[second], store.track_length[second]
    positions = sample_positions(first[None], length[None], 16).expand(2, -1)
    clip = SkeletonData.from_joints(*(x[None] for x in store.gather(torch.tensor([main, second]), positions)))
    assert torch.allclose(batch.joints[1, 0], normalise(clip).joints[0, 1], atol=1e-5)
    assert batch.joints[1, 0, 0].norm(dim=-1).mean() > 1.0  # it stays a metre and more away
    assert "reference" not in bodies.batch(torch.tensor([main]))
    # Items one by one, as PyG batches them, and at their own length.
    single = Batch.from_data_list([bodies[second], bodies[main]])
    assert torch.allclose(normalise(single).joints, batch.joints.flip(0), atol=1e-5)
    bodies.frames = None
    own, pair = normalise(bodies[second]), normalise(store.clip(0))
    assert torch.allclose(own.joints[0], pair.joints[1][pair.frame_mask[1]], atol=1e-5)
    assert "reference" not in bodies[second].to_pyg(topology)


def test_absent_bodies_as_zeros(store):
    """Two bodies of each clip, as MAMP's released code trains on them: the second of a one-person clip is empty."""
    data = SkeletonDataset(store, "xsub", "train", items="bodies", bodies="padded", frames=16, crop=(0.5, 1.0))
    assert len(data) == 2 * 24 and data.clips.bincount()[data.clips.unique()].tolist() == [2] * 24
    batch = data.batch(torch.arange(48), torch.Generator().manual_seed(0))
    empty = ~batch.frame_mask.flatten(1).any(dim=1)
    assert empty.sum() == 24 - 8 and not batch.joints[empty].any() and batch.joints[~empty].flatten(1).any(dim=1).all()
    assert torch.equal(batch.clip, data.clips) and torch.equal(batch.y, store.y[data.clips])
    alone = data[int(empty.nonzero()[0])]
    assert alone.joints.shape[0] == 1 and not alone.joints.any() and not alone.frame_mask.any()
    data.frames = None
    there = SkeletonDataset(store, "xsub", "train", items="bodies")
    assert torch.equal(data[5].joints, there[5].joints)


def test_nearest_frames_are_frames_of_the_recording(store):
    data = SkeletonDataset(store, frames=7, crop=(0.5, 1.0), resampling="nearest")
    batch = data.batch(torch.arange(48), torch.Generator().manual_seed(0))
    for i in range(0, 48, 7):
        recorded = store.clip(i).joints[0]
        assert all((frame == recorded).flatten(1).all(dim=1).any() for frame in batch.joints[i, 0])
    linear = SkeletonDataset(store, frames=7, crop=(0.5, 1.0)).batch(torch.arange(48), torch.Generator().manual_seed(0))
    assert not torch.equal(linear.joints, batch.joints)
