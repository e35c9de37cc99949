from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.evaluation.classifier import Classifier
from skgraph.evaluation.features import clip_features
from skgraph.evaluation.heads import LinearHead

CPU = torch.device("cpu")


def test_features_are_kept_and_depend_on_all_that_matters(trial, tmp_path):
    trial = replace(trial, cache=tmp_path, input={"stream": "joint"})
    first = trial.features(trial.train)
    assert torch.equal(first.x, trial.features(trial.train).x) and len(list(tmp_path.iterdir())) == 1
    variants = [
        replace(trial, crop=0.9, crops=2),
        replace(trial, bodies="padded"),
        replace(trial, input={"stream": "bone"}),
        replace(trial, crop=0.5),
        replace(trial, precision="bf16"),
    ]
    for variant in variants:
        variant.features(trial.train)
    trial.features(trial.test)
    trial.features(trial.train[:5])
    trial.features(trial.train, crop=0.7)
    assert len(list(tmp_path.iterdir())) == 1 + len(variants) + 3


def test_several_crops_are_averaged(trial, make_encoder, store):
    one = [
        clip_features(make_encoder(), part, trial.views, CPU, "fp32", crop=0.5, crops=crops).x
        for part, crops in ((trial.train, 1), (trial.train, 3))
    ]
    assert one[0].shape == one[1].shape and not torch.allclose(one[0], one[1])
    with pytest.raises(ConfigError, match="crops=3 of whole clips are all the same"):
        clip_features(make_encoder(), trial.train, trial.views, CPU, "fp32", crops=3)


def test_window_features_are_those_of_the_clip_where_the_window_is_the_clip(trial, store):
    rows = torch.tensor([3, 0])
    length = store.length[trial.train.clips[rows]]
    windows = trial.window_features(trial.train, rows, torch.zeros(2, dtype=torch.long), length)
    assert torch.allclose(windows, trial.features(trial.train).x[rows], atol=1e-5)


def test_scores_of_a_classifier_do_not_depend_on_the_batch(trial, make_encoder):
    torch.manual_seed(0)
    classifier = Classifier(make_encoder(), LinearHead(16, 4), frozen=True).eval()
    many = trial.scores(classifier, trial.test, 1.0)
    few = replace(trial, batch_size=3).scores(classifier, trial.test, 1.0)
    assert many.shape == (24, 4) and torch.allclose(many, few, atol=1e-5)
    features = trial.features(trial.test).x
    assert torch.allclose(many, classifier.head.classify(features), atol=1e-5)
