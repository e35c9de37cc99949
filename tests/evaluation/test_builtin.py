"""The model that ships with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import skgraph
from skgraph.data import StoreWriter
from skgraph.evaluation import PretrainedRun, compare
from skgraph.evaluation.embedding import embed
from skgraph.topology import Topology

FOLDER = Path(skgraph.__file__).parent / "models" / "builtin"


def recordings(path, topology: Topology, scale: float = 1.0):
    """Ten clips of people who raise one joint or another."""
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(topology.num_joints, 3)) * 0.4
    with StoreWriter(path, topology, ["a", "b"], source="made up") as writer:
        for i in range(10):
            move = np.zeros((30, topology.num_joints, 3))
            move[:, 3 + i % 2, 1] = np.linspace(0, 0.8, 30)
            writer.add(((pose + move) * scale).astype(np.float32)[None], y=i % 2, name=f"c{i}")
        writer.add_split("half", np.arange(6), np.arange(6, 10), "")


def test_it_is_small_and_says_where_it_comes_from():
    assert (FOLDER / "model.safetensors").stat().st_size < 4e6
    card = (FOLDER / "README.md").read_text()
    assert all(word in card for word in ("IntelliRehabDS", "CC BY 4.0", "UI-PRMD", "synthetic"))
    run = PretrainedRun.open("builtin")
    assert run.folder == Path("runs/builtin") and run.trained_on == ("ntu_rgbd", "uiprmd_22")


def test_it_embeds_a_skeleton_that_it_has_not_seen(tmp_path):
    spec = Topology.load("cmu_31").to_dict() | {"name": "mine"}
    for name, scale in (("metres", 1.0), ("other_unit", 3.0)):
        recordings(tmp_path / name, Topology(spec), scale)
    one, other = (embed("builtin", tmp_path / name, precision="fp32") for name in ("metres", "other_unit"))
    assert one.x.shape == (10, 128) and torch.allclose(one.x, other.x, atol=1e-3)
    rows = one.neighbours(2)[1:]
    assert len(rows) == 20 and all(int(a[1:]) % 2 == int(b[1:]) % 2 and a != b for a, _, b, _ in rows)


def test_its_evaluations_stay_out_of_the_package(tmp_path, monkeypatch):
    recordings(tmp_path / "store", Topology.load("ntu_rgbd"))
    before = sorted(path.name for path in FOLDER.iterdir())
    monkeypatch.chdir(tmp_path)
    (result,) = compare("builtin", "store", "half", ["knn"], "cpu", progress=False)
    assert result.metrics["top1"] == 100 and (tmp_path / "runs" / "builtin" / "evaluation").is_dir()
    assert sorted(path.name for path in FOLDER.iterdir()) == before
