"""How fast a large store opens, and how much memory reading it at random takes."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import torch

from skgraph.benchmarks.timing import median_seconds
from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.topology import Topology


def benchmark_store(clips: int, frames: int, batch_size: int, repeats: int) -> dict[str, float]:
    """Write a store of random clips, open it, and read batches at random.

    Args:
        clips: in the store.
        frames: of each clip.
        batch_size: clips read at once.
        repeats: batches read.

    Returns:
        seconds to open, milliseconds a batch, store size, growth of the process's private memory while reading
        (mapped pages of the file are the operating system's to drop and are not counted), all in MiB.
    """
    topology = Topology.load("ntu_rgbd")
    rng = np.random.default_rng(0)
    body = rng.normal(size=(1, frames, topology.num_joints, 3)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        with StoreWriter(path, topology, ["a"], dtype="float16") as writer:
            for i in range(clips):
                writer.add(body, y=0, name=f"S001C001P{i:06d}R001A001")
        opening = median_seconds(lambda: SkeletonStore.open(path), repeats=5)
        store = SkeletonStore.open(path)
        dataset = SkeletonDataset(store, frames=64)
        generator = torch.Generator().manual_seed(0)
        dataset.batch(torch.arange(min(batch_size, clips)))
        before = _private_mib()
        reading = median_seconds(
            lambda: dataset.batch(torch.randint(clips, (batch_size,), generator=generator)), repeats
        )
        grown = _private_mib() - before
    return {
        "clips": clips,
        "store_mib": store.nbytes / 2**20,
        "open_seconds": opening,
        "read_ms_per_batch": 1e3 * reading,
        "private_memory_growth_mib": grown,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _private_mib() -> float:
    """Anonymous resident memory of this process: what reading a mapped file must not add to."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return float("nan")
