"""Two processes share an evaluation: each clip counts once, and the figures are those of one process."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import distributed as dist
from torch import multiprocessing

from skgraph._internal.distributed import Processes
from skgraph.data import SkeletonDataset, SkeletonStore
from skgraph.encoders import TransformerEncoder
from skgraph.evaluation import Settings, build_protocol
from skgraph.evaluation.context import EvaluationContext
from skgraph.topology import Topology
from skgraph.training import ViewMaker
from skgraph.transforms import Center, Compose, RandomTokenMask

PROBE = {"name": "linear", "recipe": "mamp", "epochs": 2, "batch_size": 8, "min_frames": 8}
TUNE = {"name": "finetune", "epochs": 1, "batch_size": 8, "min_frames": 8, "warmup_epochs": 0.0}


def context(store_path) -> EvaluationContext:
    topology = Topology.load("ntu_rgbd")
    views = ViewMaker(Compose([Center(topology)]), Compose([]), RandomTokenMask(0.9, 4), None, 1)

    def make(seed=None, **options):
        torch.manual_seed(0)
        return TransformerEncoder(topology, 16, patch_length=4, dim=16, depth=1, heads=2, **options)

    store = SkeletonStore.open(store_path)
    train, test = (SkeletonDataset(store, "xsub", part, frames=16) for part in ("train", "test"))
    # An odd number of test clips: the processes have shares of different sizes.
    return EvaluationContext(make, views, train, test[:23], torch.device("cpu"), "fp32", Settings(batch_size=5))


def test_two_processes(store_path, tmp_path):
    multiprocessing.start_processes(_rank, (str(store_path), str(tmp_path)), 2, start_method="forkserver")
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    alone = context(store_path)
    features = alone.features(alone.test)
    for rank in (first, second):
        assert torch.equal(rank["clip"], features.clip) and torch.equal(rank["y"], features.y)
        assert torch.allclose(rank["x"], features.x, atol=1e-6)
        assert torch.allclose(rank["linear"], build_protocol("linear").evaluate(alone).scores, atol=1e-3)
    for name in ("probe", "tune"):
        assert first[name].shape == (23, 4) and first[name].isfinite().all()
        assert torch.equal(first[name], second[name])


def _rank(rank: int, store_path: str, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    mine = replace(context(store_path), processes=Processes(rank, 2))
    features = mine.features(mine.test)
    scores = {
        name: build_protocol(p).evaluate(mine).scores
        for name, p in (("linear", "linear"), ("probe", PROBE), ("tune", TUNE))
    }
    torch.save({"x": features.x, "y": features.y, "clip": features.clip, **scores}, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_alone_everything_is_ones_own(rows):
    x = torch.arange(rows)
    assert Processes().gather_rows(x) is x
