"""Every objective with every encoder, as a run: trained, stopped, resumed, evaluated."""

from __future__ import annotations

import json

import pytest
import torch

from skgraph.build import build_encoder, open_store
from skgraph.evaluation import build_protocol, compare
from skgraph.pretrain import pretrain
from skgraph.training.checkpoint import read_checkpoint
from tests.test_configs import ENCODERS, OBJECTIVES, composed

CPU = torch.device("cpu")


def run(tmp_path, name, objective, encoder, store_path, **trainer):
    """Train on the tiny store; what the run left in its checkpoint."""
    config = composed(
        "dataset=store",
        f"dataset.root={store_path}",
        "frames=16",
        "min_frames=8",
        "patch_length=4",
        "precision=fp32",
        "trainer.batch_size=16",
        "trainer.epochs=2",
        "trainer.warmup_epochs=1",
        "trainer.progress=false",
        *OBJECTIVES[objective],
        *ENCODERS[encoder],
    )
    config |= {"runs": str(tmp_path), "name": name, "evaluate": ["knn"]}
    config["trainer"] |= trainer
    pretrain(config, CPU)
    return read_checkpoint(tmp_path / name / "checkpoint.pt")


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_stopping_and_resuming_changes_nothing_and_the_encoder_alone_evaluates(
    objective, encoder, store_path, tmp_path, capsys
):
    whole = run(tmp_path, "whole", objective, encoder, store_path)
    assert run(tmp_path, "halves", objective, encoder, store_path, stop_at=2)["step"] == 2
    halves = run(tmp_path, "halves", objective, encoder, store_path)
    assert halves["step"] == whole["step"] == 4 and "resumed at step 2" in capsys.readouterr().out
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
