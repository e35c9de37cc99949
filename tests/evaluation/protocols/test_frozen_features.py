from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skgraph.evaluation import build_protocol, knn_scores, linear_scores, top_k
from skgraph.evaluation.protocols.protocol import labels


@pytest.fixture
def held_out(context):
    """The context with the second half of its training clips held out."""
    return replace(context, train=context.train[:12], validation=context.train[12:])


def test_neighbours(context):
    outcome = build_protocol({"name": "knn", "k": 3}).evaluate(context)
    train, test = context.features(context.train), context.features(context.test)
    assert torch.equal(outcome.scores, knn_scores(train.x, train.y, test.x, 4, 3))
    assert outcome.metrics["top1_by_k"].keys() == {"1", "3", "5", "10", "20"}
    assert outcome.metrics["top1_by_k"]["3"] == top_k(outcome.scores, labels(context.test))
    assert outcome.kind == "votes" and outcome.validation is None and torch.equal(outcome.features, train.x)


def test_exact_linear_probe(context):
    outcome = build_protocol("linear").evaluate(context)
    train, test = context.features(context.train), context.features(context.test)
    (expected,) = linear_scores(train.x, train.y, [test.x], 4)
    assert torch.equal(outcome.scores, expected) and outcome.kind == "logits"


@pytest.mark.parametrize("name", ["knn", "linear", "retrieval"])
def test_held_out_clips_are_scored_and_not_learned_from(context, held_out, name):
    outcome = build_protocol(name).evaluate(held_out)
    assert outcome.validation.shape == (12, 4) and outcome.scores.shape == (24, 4)
    alone = build_protocol(name).evaluate(replace(context, train=held_out.train))
    assert torch.equal(outcome.scores, alone.scores)


def test_the_recall_of_retrieval_is_the_accuracy_of_the_nearest_neighbour(context):
    outcome = build_protocol("retrieval").evaluate(context)
    assert outcome.metrics["recall1"] == pytest.approx(top_k(outcome.scores, labels(context.test)))
    assert outcome.metrics["recall1"] <= outcome.metrics["recall5"] <= 100 and 0 < outcome.metrics["map"] <= 100
