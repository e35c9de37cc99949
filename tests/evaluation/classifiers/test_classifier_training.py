from __future__ import annotations

import math

import pytest

from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.classifier_training import ClassifierTraining

PLAIN = {"head": "linear", "frozen": True, "epochs": 10, "batch_size": 4, "optimizer": "sgd", "lr": 1.0}


def test_steps_are_tenths_after_each_milestone():
    training = ClassifierTraining(**PLAIN, schedule="steps", milestones=(5, 7))
    rates = [training.lr_at(epoch * 3 + 2, 3) for epoch in range(10)]
    assert rates == pytest.approx([1] * 5 + [0.1] * 2 + [0.01] * 3)


def test_cosine_with_warm_up():
    training = ClassifierTraining(**PLAIN, warmup_epochs=2, min_lr=0.1)
    assert [training.lr_at(step, 1) for step in (0, 1)] == [0.5, 1.0]
    assert training.lr_at(6, 1) == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 2)) / 2)


def test_whether_a_clip_looks_different_each_time():
    assert not ClassifierTraining(**PLAIN).augments
    assert not ClassifierTraining(**PLAIN, train_crop=(0.95, 0.95), test_crop=0.95).augments
    assert (
        ClassifierTraining(**PLAIN, train_crop=(0.5, 1.0)).augments and ClassifierTraining(**PLAIN, rotate=0.1).augments
    )
    assert ClassifierTraining(**PLAIN, test_crop=0.95).augments  # trained on another window than it is tested on


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, found 0"),
        ({"epochs": None}, "set epochs or steps, the other to null, found None and None"),
        ({"epochs": None, "steps": 5, "warmup_epochs": 1}, "warmup_epochs must be 0, and milestones empty, with steps"),
        ({"steps": 5}, "set epochs or steps, the other to null, found 10 and 5"),
        ({"lr": 0.0}, "lr must be positive, found 0.0"),
        ({"lr": math.inf}, "lr must be positive"),
        ({"momentum": 1.0}, r"momentum must be in \[0, 1\), found 1.0"),
        ({"betas": (0.9, 1.0)}, r"betas must be in \[0, 1\)"),
        ({"layer_decay": 0.0, "frozen": False}, r"layer_decay must be in \(0, 1\]"),
        ({"train_crop": (0.9, 0.5)}, r"train_crop must be \[low, high\]"),
        ({"test_crop": 1.5}, "test_crop"),
        ({"weight_decay": -1.0}, "weight_decay must be at least 0"),
        ({"layer_decay": 0.8}, "a frozen encoder has neither layer_decay nor drop_path"),
        ({"drop_path": 0.1}, "a frozen encoder has neither layer_decay nor drop_path"),
    ],
)
def test_values_out_of_range(values, message):
    with pytest.raises(ConfigError, match=message):
        ClassifierTraining(**PLAIN | values)
