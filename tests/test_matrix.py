"""Every objective with every encoder, as a run: trained, stopped, resumed, evaluated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from matplotlib.figure import Figure

from skgraph.api.pretraining import train_run
from skgraph.build import build_encoder, open_store
from skgraph.evaluation import build_protocol, compare
from skgraph.training.checkpoint import read_checkpoint
from tests.test_configs import ENCODERS, OBJECTIVES, PAIRS, composed

EPOCHS = ("epochs=2", "steps=null", "warmup_epochs=1", "warmup=null")
CPU = torch.device("cpu")


@pytest.fixture
def settings(store_path, tmp_path, monkeypatch):
    """The options of a run on the tiny store, whose figure of the mask stays empty."""
    monkeypatch.setattr("skgraph.training.diagnostics.mask_figure", lambda *_: Figure((1, 1)))
    data = ["dataset=store", f"dataset.root={store_path}", "frames=16", "min_frames=8", "patch_length=4"]
    trainer = [f"trainer.{x}" for x in ("batch_size=16", *EPOCHS, "progress=false")]
    return [*data, *trainer, "precision=fp32", f"runs={tmp_path}"]


def run(config, name, evaluate=(), **trainer):
    """Train; what the run left in its checkpoint."""
    trainer = config["trainer"] | trainer
    train_run(config | {"name": name, "evaluate": list(evaluate), "trainer": trainer}, CPU)
    return read_checkpoint(Path(config["runs"]) / name / "checkpoint.pt")


@pytest.mark.parametrize(("objective", "encoder"), PAIRS)
def test_stopping_and_resuming_changes_nothing_and_the_encoder_alone_evaluates(
    objective, encoder, settings, tmp_path, caplog
):
    caplog.set_level("INFO", "skgraph")
    config = composed(*settings, *OBJECTIVES[objective], *ENCODERS[encoder])
    whole = run(config, "whole", ["knn"])
    assert run(config, "halves", stop_at=2)["step"] == 2
    halves = run(config, "halves")
    assert halves["step"] == whole["step"] == 4 and "resumed at step 2" in caplog.text
    assert whole["objective"].keys() == halves["objective"].keys()
    for key, value in whole["objective"].items():
        assert torch.equal(value, halves["objective"][key]), key

    prefix = "encoder."
    weights = {k.removeprefix(prefix): v for k, v in whole["objective"].items() if k.startswith(prefix)}
    store, split = open_store(whole["config"]["dataset"])
    alone = build_encoder(whole["config"], store.topology)
    assert alone.load_state_dict(weights).missing_keys == []

    (linear,) = compare(tmp_path / "whole", store, split, [build_protocol("linear")], CPU, "fp32")
    knn = json.loads(next((tmp_path / "whole" / "evaluation").glob("knn_*/result.json")).read_text())
    for result in (linear.to_dict(), knn):
        assert 0 <= result["top1"] <= 100 and 0 <= result["random_init"]["top1"] <= 100
