from functools import partial

import pytest
import torch
from torch.nn import functional as F

from skgraph.checks import check_objective
from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.objectives import LeJEPA, Predictor, sigreg
from skgraph.objectives.gaussian import random_directions
from skgraph.objectives.mlp import BatchNorm

VIEWS, BODIES, TOKENS, SEEN = 3, 6, 100, 25
PREDICTOR = partial(Predictor, dim=8, depth=1, heads=2)


def made(topology, **options) -> LeJEPA:
    torch.manual_seed(0)
    encoder = TransformerEncoder(topology, frames=16, patch_length=4, dim=16, depth=1, heads=2)
    return LeJEPA(encoder, num_views=VIEWS, hidden_dim=16, embedding_dim=8, **options)


def batch(seed=0):
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(VIEWS, BODIES, TOKENS, generator=generator).argsort(dim=-1)
    return torch.randn(VIEWS, BODIES, 16, 25, 3, generator=generator), order[..., :SEEN], order[..., SEEN:]


@torch.no_grad()
def test_the_loss_is_invariance_and_sigreg_of_each_view(topology):
    objective = made(topology)
    views, visible, masked = batch()
    torch.manual_seed(5)
    loss, logs = objective(views, visible, masked)
    torch.manual_seed(5)
    directions = random_directions(8, 256, views.device)
    pooled = torch.cat([objective.encoder(views[i], visible[i]).mean(dim=1) for i in range(VIEWS)])
    x = pooled
    for step in objective.projector:
        if isinstance(step, BatchNorm):  # over all views together
            x = (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + step.eps).sqrt()
        else:
            x = step(x)
    z = x.view(VIEWS, BODIES, 8)
    invariance = sum((z[i] - z.mean(dim=0)).square().sum() for i in range(VIEWS)) / z.numel()
    regularisation = sum(sigreg(z[i], directions) for i in range(VIEWS)) / VIEWS
    assert float(loss) == pytest.approx(float(0.95 * invariance + 0.05 * regularisation), rel=1e-4)
    assert float(logs["invariance"]) == pytest.approx(float(invariance), rel=1e-4)
    assert float(logs["collapse"]) == pytest.approx(float(regularisation) / (0.4 * BODIES), rel=1e-4)


def test_a_predictor_adds_the_error_at_masked_places_and_regularises_both_sides(topology):
    objective = made(topology, predictor=PREDICTOR)
    views, visible, masked = batch()
    torch.manual_seed(5)
    loss, logs = objective(views, visible, masked)
    torch.manual_seed(5)
    directions = random_directions(8, 256, views.device)
    guess = objective.predictor(objective.encoder(views[0], visible[0]), visible[0], masked[0])
    truth = objective.token_projection(objective.encoder(views[0]))
    truth = torch.stack([truth[i, masked[0, i]] for i in range(BODIES)])
    assert float(logs["prediction"]) == pytest.approx(float(F.mse_loss(guess, truth).detach()), rel=1e-4)
    sides = [torch.stack([sigreg(x[:, i], directions) for i in range(x.size(1))]).mean() for x in (guess, truth)]
    expected = 0.95 * (logs["invariance"] + logs["prediction"]) + 0.05 * (logs["sigreg"] + sum(sides)) / 3
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    loss.backward()
    assert objective.token_projection.weight.grad.abs().sum() > 0  # targets have gradients


@pytest.mark.parametrize("options", [{}, {"regulariser": "visreg"}, {"predictor": PREDICTOR}, {"own_crops": False}])
def test_it_keeps_the_contract(topology, options):
    check_objective(made(topology, **options), frames=16)


def test_hidden_joints_do_not_change_the_loss(topology):
    objective = made(topology)
    views, visible, masked = batch()
    joint_is_hidden = torch.zeros(VIEWS, BODIES, TOKENS).scatter_(2, masked, 1.0).view(VIEWS, BODIES, 4, 1, 25, 1)
    noise = (torch.randn(VIEWS, BODIES, 4, 4, 25, 3) * joint_is_hidden).flatten(2, 3)
    losses = []
    for x in (views, views + noise):
        torch.manual_seed(0)
        losses.append(objective(x, visible, masked)[0])
    assert torch.allclose(*losses)


def test_equal_embeddings_read_as_a_collapse(topology):
    objective = made(topology)
    with torch.no_grad():
        objective.projector[-1].weight.zero_()
    _, logs = objective(*batch())
    assert logs["collapse"] == pytest.approx(1, rel=0.01) and logs["embedding_std"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regulariser": "vicreg"}, "objective.regulariser must be 'sigreg' or 'visreg', found 'vicreg'"),
        ({"regulariser_weight": 1.0}, "objective.regulariser_weight must be between 0 and 1, found 1.0"),
        ({"num_directions": 0}, "num_directions must be at least 1, found 0"),
    ],
)
def test_bad_options_say_what_fits(topology, options, message):
    with pytest.raises(ConfigError, match=message):
        made(topology, **options)


def test_one_view_has_nothing_to_agree_with(topology):
    encoder = TransformerEncoder(topology, frames=8, patch_length=4, dim=16, depth=1, heads=2)
    with pytest.raises(ConfigError, match="num_views must be at least 2, found 1"):
        LeJEPA(encoder, num_views=1)


def test_a_batch_of_one_body_is_refused(topology):
    with pytest.raises(ConfigError, match="trainer.batch_size must be at least 2, found 1"):
        made(topology)(*(x[:, :1] for x in batch()))
