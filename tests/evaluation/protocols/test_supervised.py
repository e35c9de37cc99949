from __future__ import annotations

import copy
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from skgraph.evaluation import Settings, build_protocol, top_k
from skgraph.evaluation.features.feature_cache import weights_hash
from skgraph.evaluation.protocols.protocol import labels
from skgraph.evaluation.protocols.supervised import _ClipSource

TRAINED = ("linear_mamp", "linear_cmd", "attentive", "finetune", "scratch", "finetune_small")


def short(name, **options):
    """A published recipe, for the tiny clips."""
    rest = {"epochs": 4, "batch_size": 8, "min_frames": 8, "warmup_epochs": 0.0, "score_every": 1, "milestones": []}
    name, _, recipe = name.partition("_")
    rest |= {"steps": None} if recipe == "small" else {}
    return build_protocol({"name": name, **({"recipe": recipe} if recipe else {}), **rest, **options})


@pytest.mark.parametrize("name", TRAINED)
def test_two_evaluations_are_equal_and_seeds_differ(context, name):
    first, again = (short(name).evaluate(context) for _ in range(2))
    other = short(name).evaluate(replace(context, seed=1))
    assert torch.equal(first.scores, again.scores) and not torch.equal(first.scores, other.scores)
    assert first.scores.shape == (24, 4) and first.scores.isfinite().all()


@pytest.mark.parametrize("name", ["linear_mamp", "attentive"])
def test_a_probe_leaves_the_encoder_as_it_was(context, make_encoder, name):
    encoder = make_encoder()
    before = weights_hash(encoder)
    short(name).evaluate(replace(context, make_encoder=lambda seed=None: encoder))
    assert weights_hash(encoder) == before and not encoder.training


def test_fine_tuning_of_small_data_starts_at_the_linear_probe(context):
    still = short("finetune_small", epochs=1, lr=1e-12, min_lr=0.0).evaluate(context)
    exact = build_protocol("linear").evaluate(context)
    assert torch.equal(still.scores.argmax(dim=1), exact.scores.argmax(dim=1))
    assert torch.allclose(still.scores, exact.scores, atol=1e-3)


def test_it_augments_as_the_pre_training_does(context):
    seen = []

    class Count(torch.nn.Module):
        def forward(self, graphs, generator):
            seen.append(len(graphs.joints))
            return graphs

    views = copy.deepcopy(context.views)
    views.augment = Count()
    short("finetune_small", epochs=1).evaluate(replace(context, views=views))
    assert sum(seen) == len(context.train)


def test_fine_tuning_changes_it(context, make_encoder):
    encoder = make_encoder(drop_path=0.3)
    before = weights_hash(encoder)
    short("finetune").evaluate(replace(context, make_encoder=lambda seed=None, drop_path=0: encoder))
    assert weights_hash(encoder) != before


def test_what_can_be_learned_is_learned(context):
    easy = replace(context, test=context.train)
    outcome = short("finetune", epochs=40, lr=3e-3, drop_path=0.0).evaluate(easy)
    assert top_k(outcome.scores, labels(easy.test)) > 60  # chance is 25
    assert outcome.metrics["training_loss"] < 1.2


def test_the_last_epoch_is_the_headline_and_the_best_stands_beside_it(context):
    outcome = short("linear_cmd", epochs=6).evaluate(context)
    best = outcome.metrics["best"]
    assert best["chosen_on"] == "test" and 1 <= best["epoch"] <= 6
    assert best["top1"] >= top_k(outcome.scores, labels(context.test))


def test_with_held_out_people_the_best_epoch_is_chosen_on_them(context):
    split = replace(context, train=context.train[:12], validation=context.train[12:])
    outcome = short("linear_mamp", epochs=6).evaluate(split)
    best = outcome.metrics["best"]
    assert best["chosen_on"] == "validation" and outcome.validation.shape == (12, 4)


def test_fixed_features_train_as_the_clips_would(context, monkeypatch):
    """Where nothing is random in the input, features computed once are as good as features computed each time."""
    recipe = short("linear_aimclr", lr=0.5)
    fast = recipe.evaluate(context)
    monkeypatch.setattr(type(recipe), "augments", True)
    slow = recipe.evaluate(context)
    assert torch.allclose(fast.scores, slow.scores, atol=1e-4)


def test_the_clips_that_choose_the_best_epoch_are_the_held_out_ones(context):
    """Held-out clips that are the test clips choose the epoch that those would."""
    same = short("linear_mamp", epochs=6).evaluate(replace(context, validation=context.test)).metrics["best"]
    own = short("linear_mamp", epochs=6).evaluate(context).metrics["best"]
    assert same == own | {"chosen_on": "validation"}


def test_padded_bodies_reach_the_head(context):
    present = short("linear_mamp").evaluate(context)
    padded = short("linear_mamp").evaluate(replace(context, settings=Settings(bodies="padded")))
    assert not torch.allclose(present.scores, padded.scores)


@pytest.mark.parametrize(
    "preprocessing, classes, expected",
    [
        ("preset mamp", 60, "padded"),
        ("preset mamp, zero_based labels", 51, "padded"),
        ("as converted by the CTR-GCN pipeline; padding left out", 60, "padded"),
        ("preset mamp", 120, "present"),
        ("preset skgraph", 60, "present"),
        ("preset agcn", 60, "present"),
    ],
)
def test_mamps_protocols_take_the_bodies_that_mamp_took(preprocessing, classes, expected):
    store = SimpleNamespace(meta={"preprocessing": preprocessing}, class_names=["class"] * classes)
    for name in ("linear_mamp", "finetune", "semi", "transfer", "scratch"):
        assert build_protocol(name).body_rule(store) == expected
    for name in ("linear_cmd", "linear_aimclr", "attentive", "linear", "knn"):
        assert build_protocol(name).body_rule(store) == "present"


def test_training_crops_are_resampled_as_the_run_says(context):
    """A run with resampling=nearest trains its classifiers on frames as recorded, as it tests them."""
    linear = short("attentive", epochs=1).evaluate(context)
    clips = [copy.copy(each) for each in (context.train, context.test)]
    for each in clips:
        each.resampling = "nearest"
    source = _ClipSource(short("attentive"), replace(context, train=clips[0]), clips[0])
    assert source.dataset.resampling == "nearest"
    nearest = short("attentive", epochs=1).evaluate(replace(context, train=clips[0], test=clips[1]))
    assert not torch.equal(linear.scores, nearest.scores)
