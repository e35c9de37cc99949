from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.evaluation import build_protocol


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, topology) -> SkeletonStore:
    """Noise, in which some joints move away now and then: which ones tells the class."""
    path = tmp_path_factory.mktemp("stores") / "recordings"
    rng = np.random.default_rng(0)
    with StoreWriter(path, topology, ["a", "b"]) as writer:
        for i in range(12):
            joints = rng.normal(size=(1, 120, 25, 3)) * 0.01
            starts = (20, 70)
            segments = [[(i + n) % 2, start, start + 20] for n, start in enumerate(starts)]
            for label, start, end in segments:
                joints[0, start:end, label::3] += 1.0
            writer.add(joints, y=-1, name=f"r{i}", segments=segments)
        writer.add_split("xsub", range(6), range(6, 12))
    return SkeletonStore.open(path)


def test_it_finds_what_is_there(context, recordings):
    parts = {p: SkeletonDataset(recordings, "xsub", p, frames=16) for p in ("train", "test")}
    protocol = build_protocol({"name": "detection", "window": 8, "stride": 2, "smooth": 3, "min_length": 5})
    outcome = protocol.evaluate(replace(context, **parts))
    assert outcome.scores is None
    assert outcome.metrics["map_at_0.1"] >= outcome.metrics["map_at_0.3"] >= outcome.metrics["map_at_0.5"] > 70
    assert outcome.metrics["frame_accuracy"] > 80 and outcome.metrics["test_segments"] == 12
    lines = outcome.texts["segments.csv"].splitlines()
    assert lines[0] == "recording,label,start,end,score" and {line.split(",")[0] for line in lines[1:]} <= {
        f"r{i}" for i in range(6, 12)
    }


def test_recordings_shorter_than_a_window(context, recordings):
    parts = {p: SkeletonDataset(recordings, "xsub", p, frames=16) for p in ("train", "test")}
    protocol = build_protocol({"name": "detection", "window": 200, "stride": 50})
    outcome = protocol.evaluate(replace(context, **parts))
    assert 0 <= outcome.metrics["frame_accuracy"] <= 100 and torch.isfinite(outcome.features).all()
