from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch_geometric.transforms as T
from torch_geometric.data import Batch, Data

from skgraph.data import SkeletonData
from skgraph.errors import DataError
from skgraph.transforms import AddEdges


def clip(bodies: int = 2, frames: int = 4, seed: int = 0) -> SkeletonData:
    generator = torch.Generator().manual_seed(seed)
    joints = torch.randn(bodies, frames, 25, 3, generator=generator)
    return SkeletonData.from_joints(joints, y=torch.tensor([seed]), name=f"clip{seed}")


def test_nodes_are_in_body_frame_joint_order():
    data = clip()
    assert data.num_nodes == 2 * 4 * 25
    assert data.joints.shape == (2, 4, 25, 3)
    assert torch.equal(data.x[1 * 100 + 2 * 25 + 3], data.joints[1, 2, 3])


def test_joints_and_x_are_views_of_pos():
    data = clip()
    assert data.joints.data_ptr() == data.x.data_ptr() == data.pos.data_ptr()
    data.x[0, 0] = 7
    assert data.joints[0, 0, 0, 0] == data.pos[0, 0] == data["x"][0, 0] == 7
    data.pos = data.pos + 1
    assert data.joints[0, 0, 0, 0] == data.x[0, 0] == 8


def test_setting_joints_replaces_pos_and_x():
    data = clip()
    data.joints = torch.zeros(2, 4, 25, 3)
    assert data.x.shape == data.pos.shape == (200, 3) and not data.x.any() and not data.pos.any()


def test_features_of_ones_own(topology):
    data = clip()
    assert data.num_features == data.num_node_features == 3
    data.x = torch.cat([data.pos, torch.ones(200, 2)], dim=1)
    assert data.num_features == 5 and torch.equal(data.joints.flatten(0, 2), data.pos)
    graph = data.to_pyg(topology)
    assert graph.x is data.x and graph.pos is data.pos
    batch = Batch.from_data_list([data, data])
    assert batch.x.shape == (400, 5) and torch.equal(batch[1].x, data.x)
    data.joints = data.joints[:, :2]  # of other nodes
    assert data.num_features == 3 and data.x is data.pos


def test_both_ranks():
    batch = SkeletonData.from_joints(torch.randn(5, 2, 4, 25, 3), y=torch.arange(5))
    assert batch.is_batch and batch.num_graphs == 5 and batch.joints.shape == (5, 2, 4, 25, 3)
    assert not clip().is_batch and clip().num_graphs == 1 and clip().num_joints == 25


def test_pyg_batch_stacks_the_grid():
    batch = Batch.from_data_list([clip(seed=0), clip(seed=1)])
    assert batch.frame_mask.shape == (2, 2, 4)
    assert torch.equal(batch.joints[1], clip(seed=1).joints)
    assert batch.y.tolist() == [0, 1] and batch.num_graphs == 2
    assert torch.equal(batch[1].joints, clip(seed=1).joints)
    assert torch.equal(batch.to_data_list()[0].x, clip(seed=0).x)


def test_pyg_batch_of_different_lengths():
    clips = [clip(bodies=2, frames=4, seed=0), clip(bodies=1, frames=6, seed=1)]
    for data in clips:
        data.confidence = torch.rand(data.joints.shape[:-1])
    for batch in (Batch.from_data_list(clips), pickle.loads(pickle.dumps(Batch.from_data_list(clips).to("cpu")))):
        assert batch.num_graphs == len(batch) == 2 and batch.ptr.tolist() == [0, 200, 350]
        assert torch.equal(batch.x, torch.cat([data.x for data in clips])) and batch.name == ["clip0", "clip1"]
        for back, data in zip([*batch], clips, strict=True):
            assert type(back) is SkeletonData and not back.is_batch and back.name == data.name
            assert torch.equal(back.joints, data.joints) and back.frame_mask.shape == data.frame_mask.shape
            assert torch.equal(back.confidence, data.confidence)
        with pytest.raises(DataError, match=r"2 different shapes \[M, T\] has no common joints.* frames=T"):
            _ = batch.joints


def test_pyg_batch_keeps_masks():
    clips = [clip(seed=i) for i in range(2)]
    for i, data in enumerate(clips):
        data.visible, data.masked = torch.full((2, 3), i), torch.full((2, 7), i)
    batch = Batch.from_data_list(clips)
    assert batch.visible.shape == (2, 2, 3) and batch.masked.shape == (2, 2, 7)


def test_indexing_a_batch():
    joints = torch.randn(5, 1, 4, 25, 3)
    batch = SkeletonData.from_joints(joints, y=torch.arange(5), name=list("abcde"))
    assert torch.equal(batch[2].joints, joints[2]) and batch[2].y.tolist() == [2] and batch[2].name == "c"
    assert torch.equal(batch[1:3].joints, joints[1:3]) and batch[1:3].name == ["b", "c"]
    assert batch[torch.tensor([True, False, True, False, False])].y.tolist() == [0, 2]
    assert batch[[4, 0]].y.tolist() == [4, 0]
    assert batch["y"].tolist() == [0, 1, 2, 3, 4]


def test_a_batch_has_clips_and_a_clip_has_attributes():
    joints, confidence = torch.randn(3, 2, 4, 25, 3), torch.rand(3, 2, 4, 25)
    batch = SkeletonData.from_joints(joints, confidence=confidence, age=torch.arange(3 * 200))
    assert len(batch) == len(list(batch)) == 3
    for i, data in enumerate(batch):
        assert torch.equal(data.joints, joints[i]) and torch.equal(data.confidence, confidence[i])
        assert data.frame_mask.shape == (2, 4) and data.age.tolist() == list(range(i * 200, (i + 1) * 200))
    assert dict(iter(clip())).keys() == set(clip().keys()) and len(clip()) == len(clip().keys())


def test_indexing_a_clip_is_an_error():
    with pytest.raises(DataError, match="one clip, not a batch"):
        clip()[0]


def test_pickling_copying_and_moving():
    data = clip()
    for other in (pickle.loads(pickle.dumps(data)), copy.deepcopy(data), data.to("cpu"), data.clone()):
        assert type(other) is SkeletonData
        assert torch.equal(other.joints, data.joints) and torch.equal(other.frame_mask, data.frame_mask)


def test_errors_name_the_shapes():
    with pytest.raises(DataError, match=r"\[M, T, V, C\].*\(4, 25, 3\)"):
        SkeletonData.from_joints(torch.zeros(4, 25, 3))
    with pytest.raises(DataError, match=r"frame_mask must be bool \(2, 4\).*\(2, 5\)"):
        SkeletonData.from_joints(torch.zeros(2, 4, 25, 3), torch.ones(2, 5, dtype=torch.bool))
    with pytest.raises(DataError, match="no 'pos' and 'frame_mask'"):
        _ = SkeletonData(pos=torch.zeros(3, 3)).joints
    with pytest.raises(DataError, match=r"pos has 3 nodes, which frame_mask \(1, 2\) does not divide"):
        _ = SkeletonData(pos=torch.zeros(3, 3), frame_mask=torch.ones(1, 2, dtype=torch.bool)).joints


def test_to_pyg_counts_edges(topology):
    data = clip(bodies=2, frames=4)
    graph = data.to_pyg(topology)
    bones, temporal = 2 * 4 * 24 * 2, 2 * 3 * 25 * 2
    assert graph.edge_index.shape == (2, bones + temporal)
    assert graph.edge_type.bincount().tolist() == [bones, temporal]
    assert graph.is_undirected() and not graph.has_self_loops()
    crossed = data.to_pyg(topology, temporal=False, cross_body=True)
    assert crossed.edge_type.bincount().tolist() == [bones, 0, 4 * 25 * 2]


def test_to_pyg_leaves_absent_frames_unconnected(topology):
    mask = torch.ones(2, 4, dtype=torch.bool)
    mask[1, 2] = False
    data = SkeletonData.from_joints(torch.randn(2, 4, 25, 3), mask)
    graph = data.to_pyg(topology, cross_body=True)
    absent = torch.arange(1 * 100 + 2 * 25, 1 * 100 + 3 * 25)
    assert not torch.isin(graph.edge_index, absent).any()
    assert not graph.present[absent].any() and graph.present.sum() == 175


def test_to_pyg_keeps_all_but_the_grid(topology):
    data = clip()
    data.confidence = torch.rand(2, 4, 25)
    graph = data.to_pyg(topology)
    assert type(graph) is Data and graph.validate()
    assert graph.x.data_ptr() == graph.pos.data_ptr() == data.joints.data_ptr()
    assert set(graph.keys()) == {*"x pos edge_index edge_type present y name confidence".split()}
    assert graph.is_node_attr("confidence") and graph.y is data.y and graph.name == "clip0"


def test_pyg_removes_the_nodes_of_absent_frames(topology):
    mask = torch.ones(2, 4, dtype=torch.bool)
    mask[1, 2] = False
    data = SkeletonData.from_joints(torch.randn(2, 4, 25, 3), mask)
    graph = T.RemoveIsolatedNodes()(data.to_pyg(topology))
    assert graph.num_nodes == 175 and graph.present.all() and graph.validate()
    assert torch.equal(graph.x, data.joints[mask].flatten(0, 1)) and torch.equal(graph.pos, graph.x)


def test_geometric_transforms_of_pyg_move_the_joints(topology):
    data = clip()
    before = data.joints.clone()
    centred = T.Center()(data)
    assert centred.joints.mean(dim=(0, 1, 2)).abs().max() < 1e-5 and torch.equal(centred.x, centred.pos)
    assert T.NormalizeScale()(data).joints.abs().max() == pytest.approx(1, abs=1e-5)
    turned = T.RandomRotate((90, 90), axis=1)(data).joints
    assert torch.allclose(turned, torch.stack([-before[..., 2], before[..., 1], before[..., 0]], dim=-1), atol=1e-6)
    moved = (T.RandomJitter(0.1)(data).joints - before).abs()
    assert 0 < moved.max() <= 0.1 + 1e-6
    assert torch.equal(data.joints, before)
    graph = T.Compose([T.RandomScale((2, 2)), AddEdges(topology), T.Distance(norm=False), T.Cartesian(norm=False)])(
        data
    )
    source, target = graph.edge_index
    offset = 2 * (data.pos[source] - data.pos[target])
    assert torch.allclose(graph.edge_attr, torch.cat([offset.norm(dim=1, keepdim=True), offset], dim=1), atol=1e-5)
    assert torch.equal(graph.x, 2 * data.x)


def test_structural_transforms_of_pyg(topology):
    graph = clip(frames=1).to_pyg(topology)
    walked = T.AddRandomWalkPE(2, attr_name=None)(graph)
    degree = torch.bincount(topology.edges.flatten())
    leaf = topology.joint("Head")
    (neighbour,) = graph.edge_index[1, graph.edge_index[0] == leaf]
    assert walked.x.shape == (50, 5) and walked.num_features == 5 and torch.equal(walked.pos, graph.pos)
    assert walked.x[leaf, 3] == 0 and walked.x[leaf, 4] == pytest.approx(1 / float(degree[neighbour]))
    assert T.ToUndirected()(graph).num_edges == graph.num_edges


def test_to_pyg_of_a_batch_is_the_union_of_its_clips(topology):
    clips = [clip(seed=i) for i in range(3)]
    batch = SkeletonData.from_joints(torch.stack([c.joints for c in clips]), y=torch.arange(3))
    graph = batch.to_pyg(topology)
    union = Batch.from_data_list([c.to_pyg(topology) for c in clips])

    def edges(g):
        return {(*pair, kind) for pair, kind in zip(g.edge_index.T.tolist(), g.edge_type.tolist(), strict=True)}

    assert {(a, b, k) for a, b, k in edges(graph)} == edges(union)
    assert torch.equal(graph.batch, union.batch)


def test_to_pyg_refuses_another_topology(topology):
    with pytest.raises(DataError, match="'ntu_rgbd' has 25 joints, the graph has 22"):
        SkeletonData.from_joints(torch.zeros(1, 2, 22, 3)).to_pyg(topology)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((torch.randn(4, 1, 8, 25, 3), None, torch.zeros(3)), "y must have one label for each of 4 graphs"),
        ((torch.randn(1, 8, 25, 3), torch.ones(1, 8), None), r"frame_mask must be bool \(1, 8\).* found float32"),
        (([[0.0]], None, None), "joints must be a tensor .* found list"),
    ],
)
def test_from_joints_refuses_what_does_not_fit(arguments, message):
    joints, frame_mask, y = arguments
    with pytest.raises(DataError, match=message):
        SkeletonData.from_joints(joints, frame_mask, y=y)
