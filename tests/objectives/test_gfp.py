from __future__ import annotations

from functools import partial

import pytest
import torch

from skgraph.encoders import TransformerEncoder
from skgraph.encoders.token_grid import patchify
from skgraph.errors import ConfigError
from skgraph.objectives import GFP, PyramidDecoder, TargetNetwork
from skgraph.objectives.vicreg import vicreg_terms
from skgraph.training.optimizer import adamw
from skgraph.transforms import RandomTokenMask

DECODER = partial(PyramidDecoder, levels=(2, 4), heads=2, hidden_dim=8, global_dim=8)
NETWORK = partial(TargetNetwork, hidden_dim=8, global_dim=12)


def gfp(topology, **options):
    torch.manual_seed(0)
    encoder = TransformerEncoder(topology, frames=16, patch_length=4, dim=16, depth=1, heads=2)
    options = {"decoder": DECODER, "target_network": NETWORK, "targets": (2, 4, "g")} | options
    return GFP(encoder, frames=16, **options)


def batch(batch_size=4):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, batch_size, 16, 25, 3, generator=generator)
    return x, *RandomTokenMask(0.9, 4).draw(x[0], generator)


def test_loss_is_equations_3_to_7(topology):
    objective = gfp(topology, prediction_weight=3.0, covariance_weight=2.0, variance_weight=0.5)
    views, visible, masked = batch()
    loss, logs = objective(views, visible, masked)

    predictions = objective.decoder(objective.encoder(views[0], visible), visible)
    x = patchify(views[0], 4).view(4, 4, 25, 12)
    motion = torch.zeros_like(x)
    motion[:, :3] = x[:, 1:] - x[:, :3]
    motion = (motion / (motion.square().mean().sqrt() + 1e-6)).clamp(-5, 5)
    networks = objective.target_network.networks
    error, count, regularisation = 0.0, 0, 0.0
    for target, prediction in predictions.items():
        outputs = []
        if target == "g":
            outputs.append(networks["g"](motion.flatten(1)))
        else:
            for window in range(4 // target):
                for joint in range(25):
                    piece = motion[:, window * target : (window + 1) * target, joint].flatten(1)
                    outputs.append(networks[str(target)](piece))
        z = torch.stack(outputs, dim=1)
        error = error + (prediction - z).square().mean(dim=-1).sum() / 4  # 1 / B, mean over dimensions
        count += z.size(1)
        variance, covariance = vicreg_terms(z)
        regularisation = regularisation + 2.0 * covariance + 0.5 * variance
    assert count == 50 + 25 + 1
    assert torch.allclose(loss, 3.0 * error / count + regularisation, rtol=1e-4)
    assert set(logs) == {"prediction_loss", "target_std", "prediction_std", "variance_loss", "covariance_loss"}
    assert not any(value.requires_grad for value in logs.values())


def test_sum_is_the_mean_times_the_width(topology):
    data = batch()
    options = {"targets": (2,), "covariance_weight": 0.0, "variance_weight": 0.0}
    mean, total = (gfp(topology, reduction=how, **options)(*data)[0] for how in ("mean", "sum"))
    assert torch.allclose(total, 8 * mean)


def test_gradients_flow_both_ways_and_reach_every_parameter(topology):
    objective = gfp(topology, variance_weight=0.0, covariance_weight=0.0)
    objective(*batch())[0].backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
    assert objective.target_network.networks["g"][0].weight.grad.abs().sum() > 0
    assert objective.encoder.embed.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("targets", [(2,), (4,), ("g",), (2, "g"), (2, 4, "g")])
@pytest.mark.parametrize("network", [NETWORK, None], ids=["tgn", "raw"])
def test_any_subset_of_targets_with_and_without_a_target_network(topology, targets, network):
    objective = gfp(topology, targets=targets, target_network=network)
    loss, logs = objective(*batch())
    loss.backward()
    assert loss.isfinite()
    assert all(parameter.grad is not None for parameter in objective.parameters())
    assert ("variance_loss" in logs) == (network is not None)


def test_without_a_target_network_the_targets_are_raw_windows(topology):
    objective = gfp(topology, target_network=None, target_input="joint", targets=(4, "g"))
    x, visible, _ = batch()
    predictions = objective.decoder(objective.encoder(x[0], visible), visible)
    assert predictions[4].shape == (4, 25, 48) and predictions["g"].shape == (4, 1, 1200)


def test_inputs_of_the_target_network(topology):
    x, visible, masked = batch()
    tokens = patchify(x[0], 4)
    scale = tokens.square().mean().sqrt() + 1e-6
    assert torch.allclose(gfp(topology, target_input="joint")._raw(x[0], visible), (tokens / scale).clamp(-5, 5))
    seen = gfp(topology, target_input="masked_joint")._raw(x[0], visible).abs().sum(-1) > 0
    assert (seen.gather(1, visible)).all() and not seen.gather(1, masked).any()
    still = gfp(topology)._raw(torch.ones_like(x[0]), visible)
    assert torch.equal(still, torch.zeros_like(still))


def test_the_input_of_the_target_network_as_it_is(topology):
    x, visible, _ = batch()
    raw = gfp(topology, target_input="joint", scale_input=False)._raw(1000 * x[0], visible)
    assert torch.equal(raw, patchify(1000 * x[0], 4))


def test_it_overfits_a_batch(topology):
    objective, data = gfp(topology), batch()
    optimizer = adamw(objective, 3e-3)
    losses = []
    for _ in range(60):
        loss, logs = objective(*data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(logs["prediction_loss"].item())
    assert logs["target_std"] > 0.1  # the targets are still there
    assert losses[-1] < 0.2 * max(losses)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target_input": "speed"}, "objective.target_input must be one of motion, joint, masked_joint, found 'speed'"),
        ({"reduction": "max"}, "objective.reduction must be one of mean, sum"),
        ({"statistics": "batch"}, "objective.statistics must be one of position, all"),
        ({"targets": ()}, "objective.targets must differ and not be empty"),
        ({"targets": (2, 2)}, "objective.targets must differ and not be empty"),
        ({"targets": (3,)}, "a window of 3 patches does not divide the 4 patches"),
        ({"targets": (1,)}, r"targets are window lengths among the levels \[2, 4\]"),
    ],
)
def test_unknown_values(topology, options, message):
    with pytest.raises(ConfigError, match=message):
        gfp(topology, **options)
