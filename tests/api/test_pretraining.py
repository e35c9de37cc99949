from __future__ import annotations

import math
import signal
import sys

import pytest
import torch
from hydra.core.global_hydra import GlobalHydra

from skgraph.api import embed, evaluate, pretrain
from skgraph.errors import ConfigError
from skgraph.pretrain import main

TINY = {
    "frames": 16,
    "min_frames": 8,
    "patch_length": 4,
    "encoder": "transformer",
    "encoder.dim": 16,
    "encoder.depth": 1,
    "encoder.heads": 2,
    "trainer": {"steps": 4, "batch_size": 8, "log_every": 1, "warmup": 0.0, "progress": False},
    "evaluate": [],
    "device": "cpu",
}


@pytest.fixture
def captured(monkeypatch):
    """The configurations that would be trained."""
    configs = []
    monkeypatch.setattr("skgraph.api.pretraining.train", lambda config: configs.append(config) or signal.SIGINT)
    return configs


def test_function_and_command_have_one_configuration(captured, monkeypatch):
    with pytest.raises(KeyboardInterrupt):  # Ctrl-C ends a loop over calls, too
        pretrain("lejepa", dataset="data/mine", trainer={"steps": 500}, **{"augment.rotate.y": 0.5}, evaluate=["knn"])
    words = ["objective=lejepa", "dataset=store", "dataset.root=data/mine", "trainer.steps=500", "evaluate=[knn]"]
    monkeypatch.setattr(sys, "argv", ["pretrain", *words, "augment.rotate.y=0.5"])
    with pytest.raises(SystemExit):
        main()
    assert captured[0] == captured[1] and captured[0]["name"] == "lejepa_transformer_mine_joint_seed0"


def test_a_recipe_chooses_what_is_not_given(captured):
    with pytest.raises(KeyboardInterrupt):
        pretrain(experiment="lejepa_any", objective="lejepa", dataset=["data/a", "data/b"])
    config = captured[0]
    assert config["dataset"]["roots"] == ["data/a", "data/b"] and config["encoder"]["joint_embedding"] == "graph"
    with pytest.raises(ConfigError, match="a recipe of objective=mamp, found objective=gfp"):
        pretrain("gfp", experiment="mamp_ntu60_xsub")


def test_a_loop_over_seeds(store, tmp_path):
    runs = [
        pretrain("lejepa", dataset=store, runs=tmp_path, name=f"seed{seed}", seed=seed, **TINY) for seed in range(2)
    ]
    assert not GlobalHydra.instance().is_initialized()
    for run in runs:
        assert run.step == 4 and [record["step"] for record in run.log if "loss" in record] == [1, 2, 3, 4]
        assert run.results == [] and "LeJEPA, TransformerEncoder, step 4" in repr(run)
    assert not all(torch.equal(runs[0].weights[key], runs[1].weights[key]) for key in runs[0].weights)
    result = evaluate(runs[0], "knn", progress=False)
    assert [each.metrics for each in runs[0].results] == [result.metrics]
    assert f"<td>knn</td><td>tiny, xsub</td><td>{result.metrics['top1']:.4g}</td>" in runs[0]._repr_html_()
    assert embed(runs[0], store).x.shape == (48, 16)


def test_the_log_as_a_frame(store, tmp_path):
    pytest.importorskip("pandas")
    frame = pretrain("lejepa", dataset=store, runs=tmp_path, name="r", **TINY).to_frame()
    assert frame["step"].tolist() == sorted(frame["step"]) and {"loss", "lr"} <= set(frame.columns)
    assert all(math.isfinite(loss) for loss in frame["loss"].dropna())
