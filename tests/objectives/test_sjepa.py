from __future__ import annotations

import copy
import math
from functools import partial

import pytest
import torch
from torch.nn import functional as F

from skgraph.encoders import TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.objectives import SJEPA, Predictor
from skgraph.objectives.ema import ema_momentum
from skgraph.training.optimizer import adamw
from skgraph.transforms import MotionAwareJointMask, RandomTokenMask


def sjepa(topology, seed=0, **options):
    torch.manual_seed(seed)
    encoder = TransformerEncoder(topology, frames=8, patch_length=2, dim=16, depth=2, heads=2)
    return SJEPA(encoder, partial(Predictor, depth=1, heads=2), **({"output_dim": None} | options))


def batch(batch_size=4, views=2, seed=0, mask=None):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(views, batch_size, 8, 25, 3, generator=generator)
    mask = mask or MotionAwareJointMask(ratio=0.9, patch_length=2)
    return x, *mask.draw(x[0], generator)


def test_algorithm_1_step_by_step(topology):
    """Lines 5 to 18 written out token by token, with loops, against one step of the objective."""
    objective = sjepa(topology)
    objective.center.normal_(generator=torch.Generator().manual_seed(1))
    views, visible, masked = batch()
    reference, center = copy.deepcopy(objective), objective.center[0].clone()
    loss, logs = objective(views, visible, masked)

    tau_t, tau_s, beta = 0.04, 0.1, 0.9
    total, count = 0.0, 0
    with torch.no_grad():
        targets = torch.stack([reference.target_encoder(views[1, b : b + 1])[0] for b in range(4)])  # line 11
        for b in range(4):
            h = reference.encoder(views[0, b : b + 1], visible[b : b + 1])  # line 8
            z_hat = reference.predictor(h, visible[b : b + 1], masked[b : b + 1])[0]  # line 9
            for i, token in enumerate(masked[b].tolist()):
                z = targets[b, token]  # line 12
                q = [math.exp(v / tau_t) for v in (z - center).double().tolist()]  # line 13
                p = [math.exp(v / tau_s) for v in z_hat[i].double().tolist()]  # line 14
                q, p = [v / sum(q) for v in q], [v / sum(p) for v in p]
                total -= sum(a * math.log(b) for a, b in zip(q, p, strict=True))  # line 15
                count += 1
    assert count == 4 * 22 * 4  # B bodies, 22 of 25 joints, 4 patches
    assert loss.item() == pytest.approx(total / count, rel=1e-5)
    expected = beta * center + (1 - beta) * targets.mean(dim=(0, 1))  # line 18: all tokens, masked or not
    assert torch.allclose(objective.center, expected, atol=1e-6)
    assert 0 < logs["target_entropy"] < 1 and 0 < logs["prediction_entropy"] < 1


def test_line_17_moves_the_target_after_the_step(topology):
    objective = sjepa(topology, output_dim=12)
    before = {k: v.clone() for k, v in objective.target_encoder.state_dict().items()}
    with torch.no_grad():
        for p in objective.encoder.parameters():
            p.add_(1.0)
        objective.projection.weight.add_(1.0)
        projection = objective.target_projection.weight.clone()
    objective.after_step(0.25)
    tau = ema_momentum(0.25, 0.996)
    for key, value in objective.target_encoder.state_dict().items():
        assert torch.allclose(value, before[key] + (1 - tau), atol=1e-6)
    assert torch.allclose(objective.target_projection.weight, projection + (1 - tau), atol=1e-6)


def test_the_target_is_a_copy_at_the_start(topology):
    objective = sjepa(topology)
    for online, target in zip(objective.encoder.parameters(), objective.target_encoder.parameters(), strict=True):
        assert torch.equal(online, target) and not target.requires_grad


def test_gradients_reach_the_online_path_alone_and_all_of_it(topology):
    for options in ({}, {"output_dim": 12}, {"loss": "l2"}, {"two_views": False}):
        objective = sjepa(topology, **options)
        objective(*batch(views=objective.num_views))[0].backward()
        for name, p in objective.named_parameters():
            if name.startswith("target"):
                assert p.grad is None
            else:
                assert p.grad is not None and p.grad.abs().sum() > 0, name


def test_l2_is_the_mean_squared_error_to_the_targets(topology):
    objective = sjepa(topology, loss="l2")
    views, visible, masked = batch()
    loss, _ = objective(views, visible, masked)
    with torch.no_grad():
        prediction = objective.predictor(objective.encoder(views[0], visible), visible, masked)
        target = objective.target_encoder(views[1])[torch.arange(4)[:, None], masked]
    assert loss.item() == pytest.approx(((prediction - target) ** 2).mean().item(), rel=1e-5)
    assert not objective.center.any()


def test_without_centring_the_centre_plays_no_part(topology):
    views, visible, masked = batch()
    plain = sjepa(topology, center=None)
    moved = sjepa(topology, center=None)
    moved.center.fill_(3.0)
    assert torch.equal(plain(views, visible, masked)[0], moved(views, visible, masked)[0])
    assert not plain.center.any()


def test_a_centre_of_each_position(topology):
    objective = sjepa(topology, center="position")
    objective.center.normal_(generator=torch.Generator().manual_seed(1))
    views, visible, masked = batch()
    center = objective.center.clone()
    assert center.shape == (100, 16)
    loss, _ = objective(views, visible, masked)
    with torch.no_grad():
        prediction = objective.predictor(objective.encoder(views[0], visible), visible, masked)
        targets = objective.target_encoder(views[1])
    q = ((targets - center) / 0.04).softmax(-1)[torch.arange(4)[:, None], masked]
    assert loss.item() == pytest.approx(-(q * (prediction / 0.1).log_softmax(-1)).sum(-1).mean().item(), rel=1e-5)
    assert torch.allclose(objective.center, 0.9 * center + 0.1 * targets.mean(dim=0), atol=1e-6)


def test_one_view_serves_both_encoders(topology):
    views, visible, masked = batch()
    one, two = sjepa(topology, two_views=False), sjepa(topology)
    assert one.num_views == 1 and two.num_views == 2
    assert torch.equal(one(views[:1], visible, masked)[0], two(views[[0, 0]], visible, masked)[0])
    assert not torch.equal(one(views[:1], visible, masked)[0], two(views, visible, masked)[0])


def test_target_norms(topology):
    views = batch()[0]
    layer = sjepa(topology, target_norm="layer").targets(views[1])
    assert torch.allclose(layer.mean(-1), torch.zeros(4, 100), atol=1e-5)
    assert torch.allclose(layer.std(-1, correction=0), torch.ones(4, 100), atol=1e-3)
    unit = sjepa(topology, target_norm="l2").targets(views[1])
    assert torch.allclose(unit.norm(dim=-1), torch.ones(4, 100), atol=1e-5)


def test_targets_do_not_depend_on_drop_path_or_grad_mode(topology):
    torch.manual_seed(0)
    encoder = TransformerEncoder(topology, frames=8, patch_length=2, dim=16, depth=2, heads=2, drop_path=0.9)
    objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2), output_dim=None).train()
    view = batch()[0][1]
    assert objective.encoder.training and not objective.target_encoder.training
    assert torch.equal(objective.targets(view), objective.targets(view)) and not objective.targets(view).requires_grad


def test_logs_are_detached(topology):
    logs = sjepa(topology)(*batch())[1]
    assert set(logs) == {"target_std", "prediction_std", "target_entropy", "prediction_entropy"}
    assert not any(value.requires_grad for value in logs.values())


def test_entropies_are_shares_of_log_k(topology):
    objective = sjepa(topology, target_temperature=1e6, temperature=1e6)
    logs = objective(*batch())[1]
    assert logs["target_entropy"].item() == pytest.approx(1.0, abs=1e-4)
    assert logs["prediction_entropy"].item() == pytest.approx(1.0, abs=1e-4)


def test_a_constant_encoder_is_at_the_floor_of_the_centred_loss(topology):
    """What collapse looks like: with the centre on the constant, targets are uniform and the loss is log K at best."""
    objective = sjepa(topology)
    with torch.no_grad():
        objective.target_encoder.norm.weight.zero_()
        objective.target_encoder.norm.bias.normal_()
        objective.center.copy_(objective.target_encoder.norm.bias)
    loss, logs = objective(*batch())
    assert logs["target_entropy"].item() == pytest.approx(1.0, abs=1e-5)
    assert logs["target_std"].item() == pytest.approx(0.0, abs=1e-6)
    assert loss.item() >= math.log(16) - 1e-5


@pytest.mark.parametrize("mask", [MotionAwareJointMask(0.9, 2), RandomTokenMask(0.9, 2)])
@pytest.mark.parametrize("loss", ["ce", "l2"])
def test_it_overfits_one_batch(topology, mask, loss):
    """Fixed targets (momentum 1): the loss must approach what cannot be beaten, the entropy of the targets."""
    objective = sjepa(topology, ema=(1.0, 1.0), center=None, loss=loss, target_temperature=0.2)
    views, visible, masked = batch(batch_size=1, mask=mask)
    optimizer = adamw(objective, lr=3e-3, weight_decay=0.0)
    losses = []
    for _ in range(150 if loss == "ce" else 300):
        value, logs = objective(views, visible, masked)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        objective.after_step(0.0)
        losses.append(value.item())
    floor = logs["target_entropy"].item() * math.log(16) if loss == "ce" else 0.0
    assert losses[-1] - floor < 0.1 * (losses[0] - floor)


def test_cross_entropy_equals_torchs(topology):
    objective = sjepa(topology, center=None)
    views, visible, masked = batch()
    with torch.no_grad():
        prediction = objective.predictor(objective.encoder(views[0], visible), visible, masked)
        target = objective.target_encoder(views[1])[torch.arange(4)[:, None], masked]
    expected = F.cross_entropy(prediction.flatten(0, 1) / 0.1, (target / 0.04).softmax(-1).flatten(0, 1))
    assert objective(views, visible, masked)[0].item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"center": True}, "center must be 'global', 'position' or null, found 'True'"),
        ({"loss": "l1"}, "loss must be 'ce' or 'l2', found 'l1'"),
        ({"target_norm": "batch"}, "found 'batch'"),
        ({"temperature": 0.0}, "temperatures must be positive"),
        ({"ema": (0.9, 1.1)}, "must rise within"),
    ],
)
def test_unknown_values(topology, options, message):
    with pytest.raises(ConfigError, match=message):
        sjepa(topology, **options)


def test_positions_may_be_shared_with_the_predictor(topology):
    encoder = TransformerEncoder(topology, frames=8, patch_length=4, dim=16, depth=1, heads=2)
    options = {"output_dim": None, "share_positions": True}
    objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2), **options)
    assert objective.predictor.positions is encoder.positions
    assert objective.target_encoder.positions is not encoder.positions
    parameters = list(objective.parameters())
    assert len(parameters) == len({id(p) for p in parameters})
    views, tokens = torch.randn(2, 2, 8, topology.num_joints, 3), torch.arange(2 * topology.num_joints).expand(2, -1)
    objective(views, visible=tokens[:, :3], masked=tokens[:, 3:])[0].backward()
    masked = encoder.positions.joint_embedding.grad[4:]
    assert masked.abs().sum() > 0  # hidden joints get theirs by the predictor alone
    with pytest.raises(ConfigError, match="say objective.predictor.dim=16"):
        SJEPA(encoder, partial(Predictor, dim=8, depth=1, heads=2), **options)
