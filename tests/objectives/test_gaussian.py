import math

import pytest
import torch
from torch.nn import functional as F

from skgraph.errors import DataError
from skgraph.objectives import sigreg, visreg
from skgraph.objectives.gaussian import COLLAPSED_SIGREG, random_directions


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def directions(dim, count=64):
    return F.normalize(draw(dim, count, seed=1), dim=0)


def test_sigreg_is_the_weighted_distance_of_characteristic_functions():
    z, axes = draw(5, 3), directions(3, 4)
    total = 0.0
    for s in range(4):
        u = [float(row @ axes[:, s]) for row in z]
        for k in range(17):
            t = 3 * k / 16
            phi = math.exp(-t * t / 2)
            weight = 2 * phi * (3 / 16) * (0.5 if k in (0, 16) else 1)
            real, imaginary = (sum(f(t * x) for x in u) / 5 for f in (math.cos, math.sin))
            total += weight * ((real - phi) ** 2 + imaginary**2)
    assert float(sigreg(z, axes)) == pytest.approx(5 * total / 4, rel=1e-5)


@pytest.mark.parametrize("rows", [32, 500])
def test_a_gaussian_and_a_collapse_score_what_the_alarms_say(rows):
    samples = draw(100, rows, 16)
    assert float(sigreg(samples, directions(16))) == pytest.approx(1.05, rel=0.05)
    assert float(sigreg(0 * samples, directions(16))) == pytest.approx(COLLAPSED_SIGREG * rows, rel=0.01)


def test_samples_are_regularised_one_by_one():
    z, axes = draw(3, 20, 4), directions(4)
    assert torch.allclose(sigreg(z, axes), torch.stack([sigreg(x, axes) for x in z]).mean())
    assert torch.allclose(visreg(z, axes), torch.stack([visreg(x, axes) for x in z]).mean())


def test_visreg_is_mean_deviation_and_quantiles():
    z, axes = draw(6, 3), directions(3, 4)
    normal = torch.distributions.Normal(0, 1)
    quantiles = normal.icdf((torch.arange(6) + 0.5) / 6)
    shape = torch.stack([(torch.sort(z @ axes[:, s]).values - quantiles).square().mean() for s in range(4)]).mean()
    spread = torch.stack([(z[:, i].std(correction=0) - 1).square() for i in range(3)]).mean()
    expected = z.mean(dim=0).square().mean() + spread + shape
    assert float(visreg(z, axes)) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("regularise", [sigreg, visreg])
def test_descent_spreads_a_collapsed_sample(regularise):
    z = (0.05 * draw(64, 4)).requires_grad_()
    before = regularise(z, directions(4))
    for _ in range(200):
        (gradient,) = torch.autograd.grad(regularise(z, directions(4)), z)
        z = (z - 0.5 * gradient).detach().requires_grad_()
    assert regularise(z, directions(4)) < before / 2 and z.std() > 0.5


def test_directions_are_unit_vectors_from_the_seed_of_the_step():
    draws = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        draws.append(random_directions(5, 7, torch.device("cpu")))
    assert torch.allclose(draws[0].norm(dim=0), torch.ones(7))
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])


def test_autocast_does_not_round_the_angles():
    z, axes = draw(64, 16), directions(16)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = sigreg(z, axes)
    assert torch.equal(rounded, sigreg(z, axes))


@pytest.mark.parametrize("regularise", [sigreg, visreg])
@pytest.mark.parametrize("shape", [(3,), (8, 3)])
def test_directions_must_fit(regularise, shape):
    with pytest.raises(DataError, match=r"embeddings \[\.\.\., N, D\] need directions \[D, S\]"):
        regularise(torch.randn(shape), torch.randn(4, 5))
