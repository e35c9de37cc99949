import math

import pytest
import torch
from torch.nn import functional as F

from skgraph.checks import check_objective
from skgraph.encoders import CompactEncoder, TransformerEncoder
from skgraph.errors import ConfigError
from skgraph.objectives import SLiM
from skgraph.objectives.prototypes import sinkhorn

BODIES = 4
CROPS = [(16, 2, 0.15, 0.4), (8, 1, 0.05, 0.2)]


def made(topology, **options) -> SLiM:
    torch.manual_seed(0)
    encoder = CompactEncoder(topology, frames=32, dim=16, depth=1, heads=2)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    sizes = {"prototypes": 7, "hidden_dim": 12, "bottleneck_dim": 6}
    return SLiM(encoder, **{"local_crops": CROPS, "frozen": 0.0, **sizes, **options})


def batch():
    generator = torch.Generator().manual_seed(3)
    views, masked = [], []
    for count, frames in ((2, 32), (4, 16), (2, 8)):
        views.append(torch.randn(count, BODIES, frames, 25, 3, generator=generator))
        masked.append(torch.rand(count, BODIES, frames // 8 * 25, generator=generator) < 0.7)
    masked[0][0, ::2] = masked[0][1, 1::2] = False  # every second global view is whole
    return views, [~mask for mask in masked], masked


def cross_entropy(q, logits):
    return -(q * F.log_softmax(logits / 0.1, dim=-1)).sum(dim=-1).mean()


@torch.no_grad()
def test_the_loss_is_contrast_prediction_and_koleo(topology):
    objective = made(topology)
    torch.nn.init.normal_(objective.target_class_head.prototypes)  # the teacher differs
    views, visible, masked = batch()
    loss, logs = objective(views, visible, masked)

    encode, teach = objective.encoder.encode_grid, objective.target_encoder.encode_grid
    student = [encode(x[i], mask[i]) for x, mask in zip(views, masked, strict=True) for i in range(len(x))]
    teacher = [teach(views[0][i]) for i in range(2)]
    targets = sinkhorn(torch.cat([objective.target_class_head(c) for c, _ in teacher]), 0.04).view(2, BODIES, 7)
    terms = [
        cross_entropy(targets[a], objective.class_head(student[s][0]))
        for a in range(2)
        for s in range(len(student))
        if s != a
    ]
    assert len(terms) == 2 + 2 * 6
    assert float(logs["contrast"]) == pytest.approx(float(sum(terms) / len(terms)), rel=1e-4)

    places = [(v, b) for v in range(2) for b in range(BODIES) if masked[0][v, b].any()]
    rows = torch.cat([teacher[v][1][b][masked[0][v, b]] for v, b in places])
    targets = sinkhorn(objective.target_token_head(rows), 0.04).split([int(masked[0][p].sum()) for p in places])
    errors = [
        cross_entropy(q, objective.token_head(student[v][1][b][masked[0][v, b]]))
        for q, (v, b) in zip(targets, places, strict=True)
    ]
    assert float(logs["prediction"]) == pytest.approx(float(sum(errors) / len(errors)), rel=1e-4)

    apart = []
    for classes, _ in student[:2]:
        z = F.normalize(classes, dim=-1)
        nearest = [min(float((z[i] - z[j]).norm()) for j in range(BODIES) if j != i) for i in range(BODIES)]
        apart.append(-sum(math.log(distance) for distance in nearest) / BODIES)
    assert float(logs["koleo"]) == pytest.approx(sum(apart) / 2, rel=1e-3)
    expected = logs["contrast"] + logs["prediction"] + 0.1 * logs["koleo"]
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_gradients_reach_every_parameter_of_the_student_and_none_of_the_teacher(topology):
    objective = made(topology)
    objective(*batch())[0].backward()
    for name, parameter in objective.named_parameters():
        assert (parameter.grad is None) == name.startswith("target_"), name
        assert name.startswith("target_") or parameter.grad.any(), name


def test_schedules_are_shares_of_the_training(topology):
    objective = made(topology, frozen=0.1, temperature_warmup=0.5, ema=(0.9, 1.0))
    assert objective.learn_prototypes == 0 and objective.target_temperature == pytest.approx(0.04)
    before = objective.target_encoder.embed.weight.clone()
    with torch.no_grad():
        objective.encoder.embed.weight.add_(1.0)
    objective.after_step(0.0)
    assert torch.allclose(objective.target_encoder.embed.weight, before + 0.1, atol=1e-5)
    objective.after_step(0.25)
    assert objective.learn_prototypes == 1 and objective.target_temperature == pytest.approx(0.055)
    objective.after_step(1.0)
    assert objective.target_temperature == pytest.approx(0.07)


def test_the_teacher_stays_in_evaluation_mode(topology):
    objective = made(topology).train()
    assert objective.encoder.training and not objective.target_encoder.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"local_crops": [(12, 1, 0.1, 0.2)]}, r"frames a multiple of 8, .*, found \[12, 1, 0.1, 0.2\]"),
        ({"local_crops": [(16, 1, 0.5, 0.2)]}, "0 < low <= high <= 1"),
        ({"mask_ratio": (0.9, 0.5)}, r"objective.mask_ratio must rise within \(0, 1\), found \[0.9, 0.5\]"),
        ({"temperature": 0.0}, "temperatures must be positive"),
        ({"ema": (0.9, 0.5)}, r"objective.ema must rise within \[0, 1\]"),
    ],
)
def test_bad_options_say_what_fits(topology, options, message):
    with pytest.raises(ConfigError, match=message):
        made(topology, **options)


def test_it_keeps_the_contract(topology):
    check_objective(made(topology), frames=32)


def test_it_needs_a_class_token(topology):
    encoder = TransformerEncoder(topology, frames=16, patch_length=4, dim=16, depth=1, heads=2)
    with pytest.raises(ConfigError, match="SLiM needs an encoder with a class token, found TransformerEncoder"):
        SLiM(encoder)


def test_no_local_crops(topology):
    objective = made(topology, local_crops=[])
    views, hidden = torch.randn(2, 4, 32, 25, 3), torch.rand(2, 4, 100) < 0.7
    loss, logs = objective([views], [~hidden], [hidden])
    assert loss.isfinite() and logs["contrast"] > 0
