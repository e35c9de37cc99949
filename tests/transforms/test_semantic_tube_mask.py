import pytest
import torch

from skgraph.topology import Topology
from skgraph.transforms import SemanticTubeMask

NTU = Topology.load("ntu_rgbd")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_tubes_are_runs_of_joints_inside_a_part_for_a_span_of_time(monkeypatch):
    monkeypatch.setattr("skgraph.transforms.semantic_tube_mask._PROPOSALS", 1)
    hidden = SemanticTubeMask(NTU).tubes(torch.full((500,), 140), 8, seeded())
    parts = set()
    for tube in hidden:
        joints, frames = tube.any(dim=0).nonzero().flatten(), tube.any(dim=1).nonzero().flatten()
        assert torch.equal(tube, torch.outer(tube.any(dim=1), tube.any(dim=0)))  # a block
        assert frames[-1] - frames[0] + 1 == len(frames)
        (name,) = (name for name, members in NTU.parts.items() if set(joints.tolist()) <= set(members.tolist()))
        order = [NTU.parts[name].tolist().index(v) for v in joints.tolist()]
        assert max(order) - min(order) + 1 == len(order)
        parts.add(name)
    assert parts == set(NTU.parts)
    sizes = hidden.sum(dim=(1, 2))
    assert sizes.min() >= 1 and sizes.max() <= 100  # at most half the grid


def test_tubes_hide_almost_all_that_is_asked_for_and_never_more():
    count = torch.linspace(100, 180, 300).long()
    hidden = SemanticTubeMask(NTU).tubes(count, 8, seeded()).sum(dim=(1, 2))
    assert (hidden <= count).all() and (hidden / count).mean() > 0.98


def test_the_count_is_exact_and_may_differ_between_bodies():
    count = torch.tensor([0, 1, 37, 100, 199, 200])
    hidden = SemanticTubeMask(NTU).hide(torch.zeros(6, 64, 25, 3), count, seeded())
    assert hidden.shape == (6, 200) and torch.equal(hidden.sum(dim=1), count)


def test_tokens_beside_each_other_are_hidden_together():
    """Compared with single tokens: a token whose neighbour in time is hidden is hidden more often."""
    mask = SemanticTubeMask(NTU, ratio=0.5)
    hidden = mask.hide(torch.zeros(200, 64, 25, 3), torch.full((200,), 100), seeded()).view(200, 8, 25)
    both = (hidden[:, 1:] & hidden[:, :-1]).float().mean() / 0.5
    assert both > 0.65  # 0.5 if they were independent


@pytest.mark.parametrize("frames", [8, 16, 32])
def test_short_views_have_smaller_tubes(frames):
    hidden = SemanticTubeMask(NTU).hide(torch.zeros(50, frames, 25, 3), torch.full((50,), 15), seeded())
    assert (hidden.sum(dim=1) == 15).all()
