from __future__ import annotations

import json
import math
import os
import shutil
import signal
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from skgraph.data import EpochLoader, SkeletonDataset, SkeletonStore
from skgraph.encoders import TransformerEncoder
from skgraph.errors import CheckpointError, ConfigError, ContractError, DataError
from skgraph.objectives import SJEPA, Predictor
from skgraph.topology import Topology
from skgraph.training import Trainer, TrainerConfig, ViewMaker
from skgraph.training.checkpoint import read_checkpoint
from skgraph.transforms import Center, Compose, RandomRotate, RandomTokenMask

QUIET = dict(
    epochs=2,
    batch_size=16,
    lr=1e-3,
    lr_batch=16,
    warmup_epochs=1,
    log_every=1,
    diagnose_every=1,
    diagnose_bodies=16,
    progress=False,
)


def trainer(store, folder, seed=0, run_config=None, **changes):
    folder.mkdir(exist_ok=True)
    torch.manual_seed(seed)
    encoder = TransformerEncoder(store.topology, 16, patch_length=4, dim=16, depth=2, heads=2, drop_path=0.2)
    objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2), output_dim=None)
    views = ViewMaker(
        Compose([Center(store.topology)]), Compose([RandomRotate(y=0.5)]), RandomTokenMask(0.8, 4), None, 2
    )
    data = SkeletonDataset(store, "xsub", items="bodies", frames=16, crop=(0.5, 1.0))
    return Trainer(
        objective,
        EpochLoader(data, 16, seed),
        views,
        folder,
        TrainerConfig(**(QUIET | changes)),
        run_config or {"seed": seed},
        torch.device("cpu"),
    )


def weights(folder):
    return read_checkpoint(folder / "checkpoint.pt")["objective"]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def records(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in ("clips_per_second", "data_wait")} for line in lines]


def test_two_runs_are_bitwise_equal(store, tmp_path):
    for name in "ab":
        assert trainer(store, tmp_path / name).fit()
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert records(tmp_path / "a") == records(tmp_path / "b")
    assert trainer(store, tmp_path / "c", seed=1).fit()
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_four_steps_equal_two_and_two(store, tmp_path):
    assert trainer(store, tmp_path / "whole").fit()
    for stop_at in (1, 3):  # in the middle of an epoch, twice
        part = trainer(store, tmp_path / "parts", stop_at=stop_at)
        assert part.resume() == (stop_at == 3)
        assert not part.fit()
        assert read_checkpoint(tmp_path / "parts" / "checkpoint.pt")["step"] == stop_at
    last = trainer(store, tmp_path / "parts")
    assert last.resume() and last.fit()
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    whole = read_checkpoint(tmp_path / "whole" / "checkpoint.pt")["optimizer"]["state"]
    parts = read_checkpoint(tmp_path / "parts" / "checkpoint.pt")["optimizer"]["state"]
    assert all(torch.equal(whole[i]["exp_avg_sq"], parts[i]["exp_avg_sq"]) for i in whole)
    assert records(tmp_path / "whole") == records(tmp_path / "parts")


def test_a_finished_run_stays_finished(store, tmp_path):
    trainer(store, tmp_path / "r").fit()
    before = (tmp_path / "r" / "checkpoint.pt").read_bytes()
    again = trainer(store, tmp_path / "r")
    assert again.resume() and again.fit()
    assert (tmp_path / "r" / "checkpoint.pt").read_bytes() == before


def test_losses_fall(store, tmp_path):
    trainer(store, tmp_path / "r", epochs=8, diagnose_every=8).fit()
    losses = [r["loss"] for r in records(tmp_path / "r") if "loss" in r]
    assert len(losses) == 16 and sum(losses[-4:]) < 0.7 * sum(losses[:4])


def test_no_bar_without_a_terminal(store, tmp_path, capsys):
    assert trainer(store, tmp_path / "run", progress=True, epochs=1).fit()
    assert capsys.readouterr().err == ""


def test_the_log_holds_what_was_promised(store, tmp_path):
    trainer(store, tmp_path / "r").fit()
    steps = [r for r in records(tmp_path / "r") if "loss" in r]
    assert set(steps[0]) >= {"loss", "lr", "epoch", "prediction_entropy", "target_std", "gradient_norm"}
    diagnosed = [r for r in records(tmp_path / "r") if "rankme" in r]
    assert [r["step"] for r in diagnosed] == [2, 4] and diagnosed[0]["feature_std"] > 0
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(tmp_path / "r" / "tensorboard")).Reload().Tags()
    assert {"loss", "rankme", "online_knn"} <= set(board["scalars"]) and board["images"] == ["mask"]
    assert board["histograms"] == ["features"]


def test_the_learning_rate_is_scaled_by_the_batch(store, tmp_path):
    trainer(store, tmp_path / "r", lr_batch=64, warmup_epochs=0).fit()
    assert records(tmp_path / "r")[0]["lr"] == pytest.approx(1e-3 * 16 / 64)


def test_a_budget_in_steps_ends_in_the_middle_of_an_epoch_and_warms_up_by_its_share(store, tmp_path):
    budget = {"epochs": None, "steps": 11, "warmup_epochs": None, "warmup": 0.4}
    made = trainer(store, tmp_path / "r", **budget, diagnose_every=100)
    assert made.fit() and made.step == 11
    rates = [r["lr"] for r in records(tmp_path / "r") if "loss" in r]
    peak = max(rates)
    assert len(rates) == 11 and rates[:4] == pytest.approx([peak * i / 4 for i in range(1, 5)])
    assert rates[4] == pytest.approx(peak) and rates[10] < peak / 10
    assert [r["step"] for r in records(tmp_path / "r") if "rankme" in r] == [2, 11]  # the end is diagnosed


def test_schedules_of_weight_decay_and_of_the_patch_embedding(store, tmp_path):
    made = trainer(store, tmp_path / "r", weight_decay=0.04, last_weight_decay=0.2, embed_lr=0.25, lr_scaling="sqrt")
    made.fit()
    decays = {round(group["weight_decay"], 6) for group in made.optimizer.param_groups}
    assert decays == {0.0, round(0.2 - 0.16 * (1 + math.cos(math.pi * 3 / 4)) / 2, 6)}  # at the last of four steps
    rates = {id(p): group["lr"] for group in made.optimizer.param_groups for p in group["params"]}
    encoder = made.objective.encoder
    for embed in (encoder.embed.weight, encoder.embed.bias):
        assert rates[id(embed)] == pytest.approx(0.25 * rates[id(encoder.norm.weight)])
    assert made._lr == pytest.approx(1e-3 * (16 / made.config.lr_batch) ** 0.5)


def test_a_loss_that_is_not_finite_stops_with_step_and_clips(store, tmp_path):
    broken = trainer(store, tmp_path / "r", log_every=4)
    original = broken.objective.forward

    def forward(views, visible, masked):
        loss, logs = original(views, visible, masked)
        return (loss * float("nan") if broken.step == 2 else loss), logs

    broken.objective.forward = forward
    with pytest.raises(DataError, match=r"not finite at step 3; the clips of that batch are clip\d\d, clip\d\d"):
        broken.fit()
    assert read_checkpoint(tmp_path / "r" / "checkpoint.pt")["step"] == 2  # of the first epoch, before it
    assert all(torch.isfinite(v).all() for v in weights(tmp_path / "r").values())


def test_a_parameter_that_gets_no_gradient_is_named_before_it_costs_a_run(store, tmp_path):
    broken = trainer(store, tmp_path / "r")
    broken.objective.idle = nn.Linear(2, 2)
    with pytest.raises(ContractError, match=r"SJEPA does not use its parameter 'idle.weight': it gets no gradient"):
        broken.fit()
    assert not (tmp_path / "r" / "checkpoint.pt").exists()


class Constant(nn.Module):
    """An encoder that has collapsed."""

    dim, grid = 16, (4, 25)

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.ones(16))

    def forward(self, joints, visible=None):
        return self.token.expand(len(joints), 100 if visible is None else visible.size(1), 16)


def test_a_collapse_prints_a_warning(store, tmp_path, caplog):
    collapsed = trainer(store, tmp_path / "r")
    encoder = Constant()
    collapsed.objective = SJEPA(encoder, partial(Predictor, depth=1, heads=2), output_dim=None)
    collapsed.fit()
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "the effective rank of the features is 1.00" in caplog.text and "target_std" in caplog.text


def test_a_warm_up_is_not_longer_than_the_training(store, tmp_path):
    with pytest.raises(ConfigError, match="the warm-up takes 6 steps, the training has 4: choose a smaller"):
        trainer(store, tmp_path / "r", warmup_epochs=3)
    with pytest.raises(ConfigError, match="the warm-up takes 2 steps, the training has 1"):
        trainer(store, tmp_path / "r", epochs=None, steps=1)


def test_a_signal_stops_with_a_checkpoint(store, tmp_path, caplog):
    caplog.set_level("INFO", "skgraph")
    stopped = trainer(store, tmp_path / "r")
    original = stopped._train_step

    def train_step(*args):
        if stopped.step == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*args)

    stopped._train_step = train_step
    assert not stopped.fit() and stopped.stop_signal == signal.SIGTERM
    assert read_checkpoint(tmp_path / "r" / "checkpoint.pt")["step"] == 2
    assert caplog.messages[-1] == "stopped at step 2 of 4, before any evaluation; the same command goes on"
    again = trainer(store, tmp_path / "r")
    assert again.resume() and again.fit()
    trainer(store, tmp_path / "whole").fit()
    assert same(weights(tmp_path / "r"), weights(tmp_path / "whole"))


def test_another_configuration_or_other_data_do_not_resume(store, tmp_path):
    trainer(store, tmp_path / "r").fit()
    with pytest.raises(CheckpointError, match="seed was 0 and is now 1.*Give this run a name"):
        trainer(store, tmp_path / "r", seed=1).resume()
    fewer = trainer(store, tmp_path / "r")
    fewer.global_batch = 32
    with pytest.raises(CheckpointError, match="16 bodies a step, this command has 32: keep trainer.batch_size x"):
        fewer.resume()
    other = trainer(store, tmp_path / "r")
    other.loader.dataset.store.meta["content_hash"], before = "other", other.loader.dataset.store.meta["content_hash"]
    try:
        with pytest.raises(CheckpointError, match="was trained on other data .* give this run a name"):
            other.resume()
    finally:
        other.loader.dataset.store.meta["content_hash"] = before


def test_frames_that_were_written_since_are_said(store_path, tmp_path, caplog):
    """The content hash is that of the preparation; frames edited in place keep it."""
    folder = shutil.copytree(store_path, tmp_path / "s")
    trainer(SkeletonStore.open(folder), tmp_path / "r").fit()
    assert trainer(SkeletonStore.open(folder), tmp_path / "r").resume() and not caplog.messages
    np.save(folder / "frames.npy", np.load(folder / "frames.npy") + 1)
    assert trainer(SkeletonStore.open(folder), tmp_path / "r").resume()
    (warning,) = caplog.messages
    assert warning.startswith(f"'{folder / 'frames.npy'}' was written or copied since")


def test_another_topology_does_not_resume(store, tmp_path):
    run = trainer(store, tmp_path / "r")
    run.fit()
    content = read_checkpoint(tmp_path / "r" / "checkpoint.pt")
    content["topology"] = Topology.load("coco_3d").to_dict()
    torch.save(content, tmp_path / "r" / "checkpoint.pt")
    found = r"was trained on topology 'coco_17_3d' \(17 joints\), '.*' has 'ntu_rgbd' \(25 joints\): .* topology_map="
    with pytest.raises(CheckpointError, match=found):
        trainer(store, tmp_path / "r").resume()


@pytest.mark.parametrize(
    "change",
    [
        {"clip_grad": -1.0},
        {"epochs": 1.5},
        {"lr": float("nan")},
        {"betas": (0.9,)},
        {"stop_at": -1},
        {"epochs": 0},
        {"batch_size": -1},
        {"lr": 0.0},
        {"log_every": 0},
        {"steps": 10},  # beside epochs
        {"warmup": 1.0, "warmup_epochs": None},
        {"lr_scaling": "cubic"},
        {"min_lr": 0.1},
    ],
)
def test_impossible_values(change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        TrainerConfig(**change)
