import pytest
import torch

from skgraph._internal.distributed import RankGenerator
from skgraph.data.random_draws import gumbel, normal, uniform

LIKE = torch.zeros(1, dtype=torch.float64)


def test_draws_have_the_dtype_and_follow_the_generator():
    for draw in (
        lambda generator: uniform((3, 2), -1.0, 2.0, LIKE, generator),
        lambda generator: normal((3, 2), 0.1, LIKE, generator),
        lambda generator: gumbel((3, 2), LIKE, generator),
    ):
        first, second = (draw(torch.Generator().manual_seed(3)) for _ in range(2))
        assert first.shape == (3, 2) and first.dtype == torch.float64
        assert torch.equal(first, second)
        assert draw(None).shape == (3, 2)


def test_distributions():
    generator = torch.Generator().manual_seed(0)
    u = uniform((100_000,), -1.0, 2.0, LIKE, generator)
    assert -1 <= u.min() and u.max() < 2 and u.mean().item() == pytest.approx(0.5, abs=0.01)
    n = normal((100_000,), 0.1, LIKE, generator)
    assert n.mean().item() == pytest.approx(0, abs=0.001) and n.std().item() == pytest.approx(0.1, abs=0.001)
    # Euler's constant and pi / sqrt(6).
    g = gumbel((100_000,), LIKE, generator)
    assert g.mean().item() == pytest.approx(0.5772, abs=0.02) and g.std().item() == pytest.approx(1.2825, abs=0.02)


@pytest.mark.parametrize(
    ("draw", "dim"),
    [
        (lambda n, generator: uniform((n, 2), -1.0, 2.0, LIKE, generator), 0),
        (lambda n, generator: uniform((2, n), -1.0, 2.0, LIKE, generator, dim=1), 1),
        (lambda n, generator: normal((n, 3, 2), 0.1, LIKE, generator), 0),
        (lambda n, generator: gumbel((n, 5), LIKE, generator), 0),
    ],
)
def test_processes_share_the_draws_of_one(draw, dim):
    whole = draw(6, torch.Generator().manual_seed(3))
    shares = [draw(2, RankGenerator(rank, 3).manual_seed(3)) for rank in range(3)]
    assert torch.equal(torch.stack(shares, dim + 1).flatten(dim, dim + 1), whole)


def test_views_are_rows_too():
    """Two views of three clips on each of two processes: rows 0, 2, 4 and 6, 8, 10 of both views of six clips."""
    whole = uniform((12,), 0.0, 1.0, LIKE, torch.Generator().manual_seed(1)).view(2, 6)
    for rank in range(2):
        own = uniform((6,), 0.0, 1.0, LIKE, RankGenerator(rank, 2).manual_seed(1)).view(2, 3)
        assert torch.equal(own, whole[:, rank::2])
