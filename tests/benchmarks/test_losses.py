import pytest
import torch

from benchmarks.losses import benchmark_losses
from skgraph.errors import ConfigError
from skgraph.training import Trainer
from tests.performance.small import MAMP, small_pretraining


@pytest.fixture
def config(store_path):
    config = small_pretraining(*MAMP, "dataset=store", f"dataset.root={store_path}")
    config["trainer"] |= {"batch_size": 8}
    return config


def test_losses_of_a_fast_training_are_those_of_a_plain_one(config):
    """Float32 differs by the order of additions, bfloat16 by far more; both stay near the plain training."""
    measured = benchmark_losses({"a": config | {"precision": "bf16"}, "b": config | {"precision": "fp32"}}, steps=3)
    assert measured["a largest difference, float32"] < 1e-5 < measured["a largest difference"] < 0.02
    assert measured["b largest difference"] == measured["b largest difference, float32"]
    for name in "ab":
        ratio = measured[f"{name} loss at the end"] / measured[f"{name} loss at the end, plain"]
        assert measured[f"{name} difference at the end"] == pytest.approx(abs(ratio - 1))


def test_more_steps_than_the_recipe_has_are_refused(config):
    with pytest.raises(ConfigError, match="steps must be at most the [0-9]+ of the recipe, found 100000"):
        benchmark_losses({"a": config}, steps=100_000)


def test_a_plain_training_has_no_fused_update_and_no_attention_kernel(config, monkeypatch):
    seen, fit = [], Trainer.fit

    def record(trainer):
        flash = torch.backends.cuda.flash_sdp_enabled()
        seen.append((flash, trainer.precision, {group["fused"] for group in trainer.optimizer.param_groups}))
        return fit(trainer)

    monkeypatch.setattr(Trainer, "fit", record)
    benchmark_losses({"a": config | {"precision": "bf16"}}, steps=1)
    assert seen == [(False, "fp32", {False}), (True, "fp32", {True}), (True, "bf16", {True})]
