"""Fixtures that several tests share: a topology and a small store whose classes differ in what moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skgraph.data import SkeletonStore, StoreWriter
from skgraph.topology import Topology

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


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
