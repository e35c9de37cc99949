import torch
from torch_geometric.data import Data

from skgraph.data import SkeletonData
from skgraph.transforms import AddEdges


def test_add_edges(topology):
    transform = AddEdges(topology)
    assert repr(transform) == "AddEdges(tiny_3d, temporal=True, cross_body=False)"
    clip = SkeletonData.from_joints(torch.randn(2, 3, 5, 3))
    out = transform(clip)
    assert type(out) is Data and torch.equal(out.x, clip.x)
    # 2 directions of 4 bones in 2 x 3 frames, and of 5 joints over 2 x 2 pairs of frames.
    assert out.num_edges == 2 * (4 * 6 + 5 * 4)
    assert AddEdges(topology, temporal=False)(clip).num_edges == 2 * 4 * 6
    assert AddEdges(topology, cross_body=True)(clip).num_edges == 2 * (4 * 6 + 5 * 4 + 5 * 3)
