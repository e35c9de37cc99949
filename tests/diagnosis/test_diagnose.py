from __future__ import annotations

import math
import shutil

import pytest
import torch

from skgraph.data import SkeletonData, SkeletonDataset, StoreWriter
from skgraph.diagnosis import diagnose
from skgraph.diagnosis.diagnose import _probe_targets, _Turn
from skgraph.errors import CheckpointError, ConfigError
from skgraph.topology import Topology
from skgraph.training import ViewMaker
from skgraph.training.checkpoint import read_checkpoint
from skgraph.transforms import Center, Compose, RandomTokenMask
from tests.diagnosis.conftest import trained

CPU = torch.device("cpu")
KNOWN = {"step", "action", "neighbour", "subject", "pose", "speed", "view", "rankme", "similarity", "loss"}


def test_a_row_for_each_checkpoint_and_the_untrained_encoder(kept_run, store):
    rows = diagnose(kept_run, store, "xsub", CPU, "fp32")
    steps = [read_checkpoint(path)["step"] for path in sorted((kept_run / "snapshots").iterdir())]
    assert len(steps) == 3 and [row["step"] for row in rows] == [0, *steps]  # checkpoint.pt is the last of them
    assert all(row.keys() >= KNOWN | {"skill", "predictor", "mean_token", "position", "interpolated"} for row in rows)
    assert all(math.isfinite(value) for row in rows for value in row.values())
    assert rows[0]["similarity"] == pytest.approx(1) and rows[-1]["similarity"] < 1
    assert rows[-1]["loss"] < rows[0]["loss"]
    again = diagnose(kept_run, store, "xsub", CPU, "fp32", batch_size=50)
    assert again[1]["action"] == rows[1]["action"] and again[1]["rankme"] == pytest.approx(rows[1]["rankme"], rel=1e-3)


def test_the_training_goes_on_as_if_it_had_not_been_diagnosed(kept_run, store):
    before = read_checkpoint(kept_run / "checkpoint.pt")["objective"]
    diagnose(kept_run, store, "xsub", CPU, "fp32", bodies=20)
    after = read_checkpoint(kept_run / "checkpoint.pt")["objective"]
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("objective", ["gfp", "mamp"])
def test_other_objectives_have_no_skill(store, store_path, tmp_path, objective):
    options = [f"objective={objective}", "trainer.epochs=1", "trainer.snapshot_every=0", "trainer.warmup_epochs=0"]
    if objective == "gfp":
        options += ["objective.decoder.levels=[2,4]", "objective.targets=[2,4,g]"]
    rows = diagnose(trained(tmp_path, store_path, objective, *options), store, "xsub", CPU, "fp32", bodies=24)
    assert len(rows) == 2 and rows[0].keys() >= KNOWN and "skill" not in rows[0]


def test_targets_of_a_body_that_moves_evenly(tmp_path, topology):
    pose = torch.randn(25, 3, generator=torch.Generator().manual_seed(0))
    frames = torch.arange(31.0)[:, None, None] * torch.tensor([0.02, 0, 0])  # 30 frames a second: 0.6 m/s
    with StoreWriter(tmp_path / "s", topology, ["a", "b"], source="made up", fps=30.0) as writer:
        for i in range(2):
            writer.add((pose + (1 + i) * frames)[None].numpy(), y=i, name=f"c{i}", subject=i)
        writer.add_split("xsub", [0], [1], "one")
    dataset = SkeletonDataset(tmp_path / "s", items="bodies", frames=16)
    views = ViewMaker(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.9, 4), None, 1)
    targets = _probe_targets(dataset, torch.arange(2), views, CPU)
    assert targets.action.tolist() == [0, 1] and targets.subject.tolist() == [0, 1]
    assert targets.speed.exp().flatten().tolist() == pytest.approx([0.6, 1.2], rel=0.05)
    centred = pose - torch.einsum("vc,v->c", pose, topology.center)
    assert torch.allclose(targets.pose[1], centred.flatten().double(), atol=1e-5)


@pytest.mark.parametrize("channels", [2, 3])
def test_turning_keeps_lengths_and_the_vertical(channels):
    joints = torch.randn(2, 1, 4, 5, channels)
    graphs = SkeletonData.from_joints(joints, torch.ones(2, 1, 4, dtype=torch.bool))
    turned = _Turn(torch.tensor([0.0, math.pi / 2]))(graphs).joints
    assert torch.allclose(turned[0], joints[0]) and not torch.allclose(turned[1], joints[1])
    assert torch.allclose(turned.norm(dim=-1), joints.norm(dim=-1), atol=1e-5)
    if channels == 3:
        assert torch.allclose(turned[..., 1], joints[..., 1])


def test_bad_input(kept_run, store, tmp_path, topology):
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        diagnose(tmp_path / "none", store, "xsub", CPU)
    with pytest.raises(ConfigError, match="diagnose: bodies must be at least 20, found 0"):
        diagnose(kept_run, store, "xsub", CPU, bodies=0)
    with StoreWriter(tmp_path / "other", Topology.load("kinect_v1"), ["a"], source="made up") as writer:
        for i in range(2):
            writer.add(torch.randn(1, 20, 20, 3).numpy(), y=0, name=f"c{i}")
        writer.add_split("random", [0], [1], "one")
    with pytest.raises(CheckpointError, match="has topology 'ntu_rgbd', .* 'kinect_v1'"):
        diagnose(kept_run, SkeletonDataset(tmp_path / "other").store, "random", CPU)


def test_a_snapshot_of_another_run(kept_run, store, store_path, tmp_path):
    other = trained(tmp_path, store_path, "other", "seed=1", "trainer.epochs=2", "objective.predictor.depth=1")
    shutil.copytree(kept_run, tmp_path / "mixed")
    path = sorted((other / "snapshots").iterdir())[0]
    shutil.copy(path, tmp_path / "mixed" / "snapshots" / path.name)
    with pytest.raises(CheckpointError, match="is of another run than"):
        diagnose(tmp_path / "mixed", store, "xsub", CPU, bodies=24)
