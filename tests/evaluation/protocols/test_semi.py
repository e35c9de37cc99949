from __future__ import annotations

import statistics

import pytest

from skgraph.evaluation import build_protocol, top_k
from skgraph.evaluation.protocols.protocol import labels


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
    facts = outcome.facts
    assert len(facts["top1_seeds"]) == 3 and facts["labelled_clips"] == [12, 12, 12]
    assert facts["top1"] == pytest.approx(sum(facts["top1_seeds"]) / 3)
    assert facts["top1_std"] == pytest.approx(statistics.stdev(facts["top1_seeds"]))
    assert top_k(outcome.scores, labels(context.test)) == pytest.approx(facts["top1_seeds"][0])
    assert len(facts["best"]) == 3
