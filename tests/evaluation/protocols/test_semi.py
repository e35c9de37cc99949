from __future__ import annotations

import statistics

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.evaluation import build_protocol, top_k
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.protocols.semi import labelled_subset


@pytest.fixture
def outcome(context):
    options = {"epochs": 2, "batch_size": 8, "min_frames": 8, "warmup_epochs": 0.0, "fraction": 0.5, "subsets": 3}
    return build_protocol({"name": "semi", **options}).evaluate(context)


def test_subsets_are_lists_of_training_clips_that_differ(outcome, context):
    lists = [text.split() for _, text in sorted(outcome.texts.items())]
    assert sorted(outcome.texts) == [f"subset_seed{seed}.txt" for seed in range(3)]
    train = dict(zip(context.train.store.name, context.train.store.y.tolist(), strict=True))
    for names in lists:
        assert len(names) == len(set(names)) == 12
        assert sorted(train[name] for name in names) == [c for c in range(4) for _ in range(3)]
        assert set(names) <= set(context.train.store.name[context.train.clips.numpy()])
    assert lists[0] != lists[1] != lists[2]


def test_the_headline_is_the_mean(outcome, context):
    metrics = outcome.metrics
    assert len(metrics["top1_seeds"]) == 3 and metrics["labelled_clips"] == [12, 12, 12]
    assert metrics["top1"] == pytest.approx(sum(metrics["top1_seeds"]) / 3)
    assert metrics["top1_std"] == pytest.approx(statistics.stdev(metrics["top1_seeds"]))
    assert top_k(outcome.scores, labels(context.test)) == pytest.approx(metrics["top1_seeds"][0])
    assert len(metrics["best"]) == 3


Y = torch.arange(1000) % 7


def test_per_class_counts():
    chosen = labelled_subset(Y, 0.05, "per_class", 0)
    assert Y[chosen].bincount().tolist() == [round(0.05 * int((Y == c).sum())) for c in range(7)]
    assert labelled_subset(Y, 0.0001, "per_class", 0).shape == (7,)  # at least one of each class


def test_global_counts():
    assert len(labelled_subset(Y, 0.019, "global", 0)) == 19
    with pytest.raises(ConfigError, match=r"fraction 0.0001 of 1000 training clips is none"):
        labelled_subset(Y, 0.0001, "global", 0)


@pytest.mark.parametrize("sampling", ["per_class", "global"])
def test_seeds_differ_and_repeat(sampling):
    first, again, other = (labelled_subset(Y, 0.1, sampling, seed) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(first, first.unique())
