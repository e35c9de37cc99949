from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from skgraph.diagnosis.probes import ProbeTargets, explained, folds, linear_cka, probe_features

N = 240
GENERATOR = torch.Generator().manual_seed(0)
SUBJECT = torch.arange(N) % 12
ACTION = torch.randint(4, (N,), generator=GENERATOR)
ANGLE = torch.rand(N, generator=GENERATOR) - 0.5
POSE = torch.randn(N, 6, generator=GENERATOR)
SPEED = torch.randn(N, 1, generator=GENERATOR)
NOISE = torch.randn(N, 8, generator=GENERATOR)
FACTS = ProbeTargets(ACTION, SUBJECT, POSE, SPEED)


def one_hot(y, classes):
    return torch.nn.functional.one_hot(y, classes).float() + 0.01 * NOISE[:, :classes]


def test_people_are_dealt_into_five_groups():
    fold = folds(SUBJECT)
    assert fold.unique().tolist() == [0, 1, 2, 3, 4]
    assert all(len(fold[SUBJECT == person].unique()) == 1 for person in range(12))


def test_without_people_bodies_are_dealt():
    assert folds(torch.full((7,), -1)).tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert folds(torch.full((3,), 5)).tolist() == [0, 1, 2]
    assert folds(torch.tensor([3, 9, 3])).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("features", "known"),
    [
        (one_hot(ACTION, 4), {"action", "neighbour"}),
        (POSE @ torch.randn(6, 6, generator=GENERATOR) + 3, {"pose"}),
        (torch.cat([SPEED, NOISE[:, :2]], 1), {"speed"}),
        (torch.cat([ANGLE[:, None], NOISE[:, :2]], 1), {"view"}),
    ],
)
def test_features_know_what_they_are_made_of_and_nothing_else(features, known):
    found = probe_features(features, FACTS, features, ANGLE)
    assert found.keys() == {"action", "neighbour", "pose", "speed", "view", "subject"}
    for key, value in found.items():
        assert value > 95 if key in known else value < 45


def test_the_person_is_read_from_other_bodies_of_the_same_person():
    features = torch.eye(12)[SUBJECT] + 0.01 * torch.randn(N, 12, generator=GENERATOR)
    found = probe_features(features, FACTS, features, ANGLE)
    assert found["subject"] == 100 and found["action"] < 45  # unseen people have directions of their own


@pytest.mark.parametrize("action", [torch.zeros(N, dtype=torch.long), torch.full((N,), -1)])
def test_without_labels_the_rest_is_known_all_the_same(action):
    found = probe_features(NOISE, ProbeTargets(action, SUBJECT, POSE, SPEED), NOISE, ANGLE)
    assert found.keys() == {"subject", "pose", "speed", "view"}


def test_unknown_people_are_not_asked_for():
    targets = ProbeTargets(ACTION, torch.full((N,), -1), POSE, SPEED)
    assert "subject" not in probe_features(NOISE, targets, NOISE, ANGLE)


def test_explained_is_that_of_a_ridge_regression():
    x = POSE + 0.5 * NOISE[:, :6]
    fold = folds(SUBJECT)
    wrong = total = 0.0
    for group in range(5):
        held = (fold == group).numpy()
        train = x.numpy()[~held].astype(float)
        mean, std = train.mean(0), train.std(0, ddof=1)
        model = Ridge(alpha=1.0).fit((train - mean) / std, POSE.numpy()[~held])
        found = model.predict((x.numpy()[held] - mean) / std)
        wrong += np.square(found - POSE.numpy()[held]).sum()
        total += np.square(POSE.numpy()[held] - POSE.numpy()[~held].mean(0)).sum()
    assert explained(x, POSE, fold) == pytest.approx(100 * (1 - wrong / total), abs=1e-3)


def test_values_that_do_not_vary_are_not_explained():
    assert explained(NOISE, torch.ones(N, 1), folds(SUBJECT)) == 0


SIMILAR = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))


def test_a_rotated_scaled_and_shifted_copy_is_the_same():
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1))).Q
    assert linear_cka(SIMILAR, 3 * SIMILAR @ rotation + 5) == pytest.approx(1)


def test_its_formula_by_kernels():
    b = SIMILAR[:, :3] ** 2
    centre = torch.eye(200).double() - 1 / 200
    k, m = (centre @ (x.double() @ x.double().T) @ centre for x in (SIMILAR, b))
    assert linear_cka(SIMILAR, b) == pytest.approx(float((k * m).sum() / (k.norm() * m.norm())))


def test_features_that_do_not_vary_are_like_nothing():
    assert linear_cka(SIMILAR, torch.ones(200, 4)) == 0
