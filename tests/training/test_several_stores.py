"""One training on stores of several topologies, and its encoder on a topology that it has not seen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from skgraph.api.pretraining import train_run
from skgraph.build import build_trainer, open_stores
from skgraph.data import SkeletonStore, StoreWriter
from skgraph.errors import CheckpointError, ConfigError
from skgraph.evaluation import PretrainedRun, compare
from skgraph.evaluation.comparison import run_context
from skgraph.evaluation.embedding import embed
from skgraph.topology import Topology
from skgraph.training import TrainerConfig
from skgraph.training.checkpoint import read_checkpoint
from tests.test_configs import ENCODERS, TINY, composed

CPU = torch.device("cpu")
SMALL = [*ENCODERS["transformer"], *TINY, "trainer.batch_size=8", "evaluate=[]"]

GFP = ["objective.decoder.levels=[2,4]", "objective.targets=[2,4,g]"]


def made(path, name, clips=24) -> SkeletonStore:
    topology, rng = Topology.load(name), np.random.default_rng(len(name))
    pose = rng.normal(size=(topology.num_joints, 3)) * 0.3
    with StoreWriter(path, topology, ["a", "b"], source="random poses") as writer:
        for i in range(clips):
            time = np.arange(24)[:, None, None]
            wave = 0.2 * np.sin(time / (2 + i % 2)) * (np.arange(len(pose)) % 2 == i % 2)[None, :, None]
            writer.add((pose + wave).astype(np.float32)[None], y=i % 2, name=f"c{i}", subject=i // 6)
        writer.add_split("xsub", np.arange(clips // 2), np.arange(clips // 2, clips), "first half trains")
    return SkeletonStore.open(path)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    return {name: made(folder / name, name) for name in ("ntu_rgbd", "uiprmd_22", "cmu_31")}


def train(stores, runs, *overrides, objective="lejepa", recipe="lejepa_any", steps=6, parts=1):
    roots = ",".join(str(stores[name].path) for name in ("ntu_rgbd", "uiprmd_22"))
    more = [f"objective={objective}", f"experiment={recipe}", "dataset=stores", f"dataset.roots=[{roots}]"]
    more += [f"trainer.steps={steps}", f"dataset.sub_skeletons={parts}", *SMALL, *overrides]
    train_run(composed(*more) | {"runs": str(runs), "name": "r"}, CPU)
    return runs / "r"


@pytest.fixture(scope="module")
def run(stores, tmp_path_factory):
    return train(stores, tmp_path_factory.mktemp("runs"))


def test_the_checkpoint_knows_its_topologies(run):
    content = read_checkpoint(run / "checkpoint.pt")
    assert content["topology"]["name"] == "ntu_rgbd"
    assert [each["name"] for each in content["other_topologies"]] == ["uiprmd_22"]
    opened = PretrainedRun.open(run)
    assert opened.trained_on == ("ntu_rgbd", "uiprmd_22")
    assert opened.topology_note("uiprmd_22") is None
    assert "'cmu_31' is new to the encoder, which was trained on ntu_rgbd, uiprmd_22" in opened.topology_note("cmu_31")


def test_a_resumed_training_equals_an_uninterrupted_one(stores, run, tmp_path):
    train(stores, tmp_path, "trainer.stop_at=3")
    resumed = read_checkpoint(train(stores, tmp_path) / "checkpoint.pt")["objective"]
    whole = read_checkpoint(run / "checkpoint.pt")["objective"]
    assert all(torch.equal(resumed[key], value) for key, value in whole.items())
    steps = [json.loads(line) for line in (tmp_path / "r" / "metrics.jsonl").read_text().splitlines()]
    assert {line["step"] for line in steps if "loss" in line} == {3, 6}


def test_other_data_are_refused(stores, run, tmp_path):
    train(stores, tmp_path, "trainer.stop_at=3")
    with pytest.raises(CheckpointError, match="trained on topology 'ntu_rgbd'.*has 'uiprmd_22'|another configuration"):
        swapped = {"ntu_rgbd": stores["uiprmd_22"], "uiprmd_22": stores["ntu_rgbd"]}
        train(swapped, tmp_path)


def test_a_topology_that_it_has_not_seen(stores, run):
    new = stores["cmu_31"]
    (result,) = compare(run, new, "xsub", ["knn"], CPU, "fp32", progress=False)
    assert result.dataset.topology == "cmu_31" and result.pretrained_on.topology == "ntu_rgbd, uiprmd_22"
    features = embed(run, new, precision="fp32")
    assert features.x.shape == (24, 16) and features.topology == "cmu_31"
    assert embed(run, new, "joint", precision="fp32").x.shape == (24, 31, 16)


def test_it_is_no_transfer_to_a_store_of_the_training(stores, run):
    with pytest.raises(ConfigError, match="protocol=transfer evaluates on another dataset than the run's"):
        compare(run, stores["uiprmd_22"], "xsub", ["transfer"], CPU, "fp32", progress=False)


def test_all_stores_have_the_scale_of_the_first(stores, tmp_path):
    """Evaluations divide by one number."""
    topology = stores["ntu_rgbd"].topology
    with StoreWriter(tmp_path / "large", topology, ["a", "b"], source="ten times as large") as writer:
        for i in range(24):
            clip = stores["ntu_rgbd"].clip(i)
            writer.add(clip.joints.numpy() * 10, y=i % 2, name=f"c{i}", subject=i // 6)
        writer.add_split("xsub", np.arange(12), np.arange(12, 24), "first half trains")
    roots = f"dataset.roots=[{stores['ntu_rgbd'].path},{tmp_path / 'large'}]"
    config = composed("dataset=stores", roots, *SMALL) | {"runs": str(tmp_path), "name": "r"}
    trainer = build_trainer(config, open_stores(config["dataset"]), TrainerConfig(**config["trainer"]), CPU)
    scales = [views.scale for _, views in trainer.sources]
    assert scales[0] == scales[1] == trainer.run_config["normalise"]["scale"]


def test_features_follow_landmarks(stores, run):
    """They are no part of a topology's identity, and stores keep their hash when they change."""
    opened = PretrainedRun.open(run)
    views = opened.views(opened.topology)
    keys = [
        run_context(each, views, train=(0,), test=(0,), device=CPU).input for each in (opened, other_landmarks(opened))
    ]
    assert keys[0]["topology"] == keys[1]["topology"] and keys[0]["landmarks"] != keys[1]["landmarks"]


def other_landmarks(run):
    topology = Topology(run.topology.to_dict())
    vars(topology)["landmarks"] = {"Head": "head"}
    return replace(run, topology=topology)


def test_one_store_with_parts_of_its_skeleton_trains_too(stores, tmp_path):
    train({"ntu_rgbd": stores["ntu_rgbd"], "uiprmd_22": stores["uiprmd_22"]}, tmp_path, steps=2, parts=0)


def test_stores_of_one_skeleton_need_no_other_encoder(stores, tmp_path):
    twins = {"ntu_rgbd": stores["ntu_rgbd"], "uiprmd_22": made(tmp_path / "twin", "ntu_rgbd")}
    folder = train(twins, tmp_path, *GFP, objective="gfp", recipe="gfp_small", steps=2, parts=0)
    assert PretrainedRun.open(folder).trained_on == ("ntu_rgbd",)


ANY = ["encoder.joint_embedding=graph", "normalise.scale=body"]


@pytest.mark.parametrize(
    ("objective", "options", "decoder"),
    [
        ("sjepa", [], "predictor"),
        ("mamp", [], "decoder"),
        ("gfp", ["objective.decoder.levels=[2,4]", "objective.targets=[2,4]"], "decoder"),
        ("lejepa", ["+objective.predictor={_target_: skgraph.objectives.Predictor, _partial_: true}"], "predictor"),
        ("slim", ["encoder=compact", "encoder.dim=16", "encoder.depth=1", "encoder.heads=2"], None),
    ],
)
def test_objectives_take_any_skeleton(objective, options, decoder, stores, tmp_path):
    folder = train(stores, tmp_path, *ANY, *options, objective=objective, recipe=f"{objective}_small", steps=4)
    weights = read_checkpoint(folder / "checkpoint.pt")["objective"]
    if decoder is not None:
        assert f"{decoder}.positions.joint_embedding.landmark_embedding" in weights
    assert embed(folder, stores["cmu_31"], precision="fp32").x.shape[0] == 24


def test_objectives_and_encoders_that_number_joints_say_so(stores, tmp_path):
    with pytest.raises(ConfigError, match="GFP is made for one skeleton: the target g reads all joints at once"):
        train(stores, tmp_path / "a", *ANY, *GFP, objective="gfp", recipe="gfp_small")
    with pytest.raises(ConfigError, match=r"SJEPA is made for one skeleton: say objective\.center=global"):
        train(stores, tmp_path / "a", *ANY, "objective.center=position", objective="sjepa", recipe="sjepa_small")
    with pytest.raises(ConfigError, match="say encoder.joint_embedding=graph|encoder.joint_embedding=graph"):
        train(stores, tmp_path / "b", objective="lejepa", recipe="lejepa_small")
    for wrong in ("-1", "a"):
        with pytest.raises(ConfigError, match=f"sub_skeletons must be a whole number, 0 or more, found '{wrong}'"):
            train(stores, tmp_path / "d", parts=wrong)
    with pytest.raises(ConfigError, match="list of folders of different names"):
        roots = f"dataset.roots=[{stores['cmu_31'].path},{stores['cmu_31'].path}]"
        train(stores, tmp_path / "c", roots)
