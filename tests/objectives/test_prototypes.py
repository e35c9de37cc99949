import pytest
import torch
from torch.nn import functional as F

from skgraph.objectives.prototypes import PrototypeHead, sinkhorn


def similarities(rows=12, prototypes=5):
    return torch.randn(rows, prototypes, generator=torch.Generator().manual_seed(0))


def test_sinkhorn_normalises_in_turn():
    q = (similarities() / 0.3).exp()
    for _ in range(3):
        q = q / q.sum(dim=0)
        q = q / q.sum(dim=1, keepdim=True)
    assert torch.allclose(sinkhorn(similarities(), 0.3), q, atol=1e-5)


def test_every_prototype_gets_the_same_share_however_uneven_the_similarities():
    skewed = similarities(200) + torch.tensor([2.0, 0, 0, 0, 0])
    q = sinkhorn(skewed, 0.5, iterations=20)
    assert torch.allclose(q.sum(dim=1), torch.ones(200), atol=1e-4)
    assert torch.allclose(q.sum(dim=0), torch.full((5,), 40.0), atol=1e-2)


def test_rows_of_no_weight_change_nothing():
    weight = torch.ones(12)
    weight[8:] = 0
    q = sinkhorn(similarities(), 0.3, weight)
    assert torch.allclose(q[:8], sinkhorn(similarities()[:8], 0.3), atol=1e-6) and not q[8:].any()


def test_a_low_temperature_does_not_overflow():
    assert sinkhorn(similarities(), 0.001).isfinite().all()


def test_the_head_is_a_cosine_to_prototypes():
    head = PrototypeHead(4, 8, 3, prototypes=5)
    x = similarities(6, 4)
    expected = F.cosine_similarity(head.mlp(x)[:, None], head.prototypes[None], dim=-1)
    assert torch.allclose(head(x), expected, atol=1e-6)


@pytest.mark.parametrize("learn", [0.0, 1.0])
def test_prototypes_may_be_held_still(learn):
    head = PrototypeHead(4, 8, 3, prototypes=5)
    head(similarities(6, 4), torch.tensor(learn)).square().sum().backward()
    assert head.prototypes.grad.abs().sum().item() > 0 if learn else not head.prototypes.grad.any()
    assert head.mlp[0].weight.grad.any()
