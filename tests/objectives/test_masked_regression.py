from __future__ import annotations

from functools import partial

import pytest
import torch

from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.objectives import MaskedRegression, Predictor
from skgraph.training.optimizer import adamw
from skgraph.transforms import MotionAwareTokenMask


def regression(topology, target="motion", **options):
    torch.manual_seed(0)
    encoder = TransformerEncoder(topology, frames=8, patch_length=2, dim=16, depth=1, heads=2)
    return MaskedRegression(encoder, 8, target, decoder=partial(Predictor, depth=1, heads=2), **options)


def batch(batch_size=4):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, batch_size, 8, 25, 3, generator=generator)
    return x, *MotionAwareTokenMask(0.9, patch_length=2).draw(x[0], generator)


@pytest.mark.parametrize("target", ["motion", "joint"])
@pytest.mark.parametrize("normalise", [True, False])
def test_loss_token_by_token(topology, target, normalise):
    objective = regression(topology, target=target, normalise=normalise)
    views, visible, masked = batch()
    predictions = objective.decoder(objective.encoder(views[0], visible), visible, masked)
    total = 0.0
    for b in range(4):
        for i, token in enumerate(masked[b].tolist()):
            patch, joint = divmod(token, 25)
            frames = range(2 * patch, 2 * patch + 2)
            x = views[0, b, :, joint]
            values = [x[f] if target == "joint" else (x[f + 1] - x[f] if f < 7 else torch.zeros(3)) for f in frames]
            value = torch.cat(values)
            if normalise:
                value = (value - value.mean()) / (value.var() + 1e-6).sqrt()
            total += (predictions[b, i] - value).square().mean()
    loss, logs = objective(views, visible, masked)
    assert torch.allclose(loss, total / masked.numel(), rtol=1e-4)
    assert set(logs) == {"prediction_std"}


def test_it_overfits_a_batch(topology):
    objective, data = regression(topology, target="joint"), batch()
    optimizer = adamw(objective, 1e-2)
    losses = []
    for _ in range(150):
        loss, _ = objective(*data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_still_bodies_have_finite_targets(topology):
    targets = regression(topology).targets(torch.ones(2, 8, 25, 3))
    assert torch.equal(targets, torch.zeros_like(targets))


def test_an_unknown_target(topology):
    with pytest.raises(ConfigError, match=r"objective\.target must be 'motion' or 'joint', found 'speed'"):
        regression(topology, target="speed")
