from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.evaluation.classifiers.classifier import Classifier, LinearHead
from skgraph.evaluation.features.clip_features import clip_features
from skgraph.evaluation.features.windows import Windows

CPU = torch.device("cpu")


def with_settings(context, **values):
    return replace(context, settings=replace(context.settings, **values))


def test_features_are_kept_and_depend_on_all_that_matters(context, tmp_path):
    context = replace(context, cache=tmp_path, input={"stream": "joint"})
    first = context.features(context.train)
    assert torch.equal(first.x, context.features(context.train).x) and len(list(tmp_path.iterdir())) == 1
    variants = [
        with_settings(context, crop=0.9, crops=2),
        with_settings(context, bodies="padded"),
        replace(context, input={"stream": "bone"}),
        with_settings(context, crop=0.5),
        replace(context, precision="bf16"),
    ]
    for variant in variants:
        variant.features(context.train)
    context.features(context.test)
    context.features(context.train[:5])
    context.features(context.train, crop=0.7)
    assert len(list(tmp_path.iterdir())) == 1 + len(variants) + 3


def test_several_crops_are_averaged(context, make_encoder, store):
    one = [
        clip_features(make_encoder(), part, context.views, CPU, "fp32", crop=0.5, crops=crops).x
        for part, crops in ((context.train, 1), (context.train, 3))
    ]
    assert one[0].shape == one[1].shape and not torch.allclose(one[0], one[1])
    with pytest.raises(ConfigError, match="crops=3 of whole clips are all the same"):
        clip_features(make_encoder(), context.train, context.views, CPU, "fp32", crops=3)


def test_window_features_are_those_of_the_clip_where_the_window_is_the_clip(context, store):
    rows = torch.tensor([3, 0])
    length = store.length[context.train.clips[rows]]
    windows = Windows(rows, torch.zeros(2, dtype=torch.long), length, [1, 1])
    found = context.window_features(context.train, windows)
    assert torch.allclose(found, context.features(context.train).x[rows], atol=1e-5)


def test_scores_of_a_classifier_do_not_depend_on_the_batch(context, make_encoder):
    torch.manual_seed(0)
    classifier = Classifier(make_encoder(), LinearHead(16, 4), frozen=True).eval()
    many = context.scores(classifier, context.test, 1.0)
    few = with_settings(context, batch_size=3).scores(classifier, context.test, 1.0)
    assert many.shape == (24, 4) and torch.allclose(many, few, atol=1e-5)
    features = context.features(context.test).x
    assert torch.allclose(many, classifier.head.classify(features), atol=1e-5)
