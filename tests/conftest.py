"""Fixtures that several tests share: a topology and a small store whose classes differ in what moves."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import multiprocessing

from skgraph.api.pretraining import train_run
from skgraph.data import SkeletonStore, StoreWriter
from skgraph.topology import Topology
from tests.made_up_evaluations import STREAMS, write_evaluation
from tests.test_configs import TINY, composed

if "PYTEST_XDIST_WORKER" in os.environ:  # workers share the cores, also with the commands that they start
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

multiprocessing.set_forkserver_preload(["tests.conftest"])  # imported once for all processes of a test

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Restore the root logger: a multirun leaves Hydra's own handlers behind."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def topology() -> Topology:
    return Topology.load("ntu_rgbd")


@pytest.fixture(scope="session")
def store_path(tmp_path_factory, topology) -> Path:
    """48 clips of 4 classes and 4 subjects; every third clip has a second body that comes late."""
    path = tmp_path_factory.mktemp("stores") / "tiny"
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(topology.num_joints, 3)).astype(np.float32) * 0.3
    with StoreWriter(path, topology, ["a", "b", "c", "d"], source="random poses") as writer:
        for i in range(48):
            label, subject, frames = i % 4, i // 12, int(rng.integers(20, 50))
            time = np.arange(frames, dtype=np.float32)[:, None, None]
            wave = 0.2 * np.sin(time / (2 + label)) * (np.arange(25) % 4 == label)[None, :, None]
            body = pose * (1 + 0.05 * subject) + wave + rng.normal(size=(frames, 25, 3)) * 0.01
            joints, there = body[None], np.ones((1, frames), bool)
            if i % 3 == 0:
                joints = np.concatenate([joints, joints + 1.0])
                there = np.stack([there[0], np.arange(frames) >= 5])
            writer.add(joints, y=label, name=f"clip{i:02d}", frame_mask=there, subject=subject, camera=i % 3)
        subjects = np.arange(48) // 12
        writer.add_split("xsub", np.flatnonzero(subjects < 2), np.flatnonzero(subjects >= 2), "subjects 0 and 1 train")
    return path


@pytest.fixture(scope="session")
def store(store_path) -> SkeletonStore:
    return SkeletonStore.open(store_path)


@pytest.fixture(scope="session")
def run_folder(store_path, tmp_path_factory) -> Path:
    """A run of a few steps."""
    runs = tmp_path_factory.mktemp("runs")
    config = composed(
        "dataset=store",
        f"dataset.root={store_path}",
        *TINY,
        "encoder.dim=16",
        "encoder.depth=2",
        "encoder.heads=2",
        "objective.predictor.depth=1",
        "trainer.batch_size=16",
        "trainer.epochs=2",
        "trainer.warmup_epochs=1",
    )
    train_run(config | {"runs": str(runs), "name": "r", "evaluate": []}, torch.device("cpu"))
    return runs / "r"


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    """Made-up evaluations of the three streams."""
    return [write_evaluation(tmp_path, stream) for stream in STREAMS]
