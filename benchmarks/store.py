"""Time to open a large store, and time and memory of random reads from it."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.process import memory_mib
from skgraph.data import SkeletonDataset, SkeletonStore, StoreWriter
from skgraph.performance.timing import median_seconds
from skgraph.topology import Topology


def benchmark_store(clips: int, frames: int, batch_size: int, repeats: int) -> dict[str, float]:
    """Write a store of random clips, open it, and read batches at random.

    Args:
        clips: clips in the store.
        frames: frames of each clip.
        batch_size: clips in a batch.
        repeats: batches to read.

    Returns:
        Seconds to open; milliseconds per batch; size of the store, growth of the process's private memory while reading
        (without mapped pages of the file, which the system may drop) and peak memory, in MiB.
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
        before = memory_mib("RssAnon")
        reading = median_seconds(
            lambda: dataset.batch(torch.randint(clips, (batch_size,), generator=generator)), repeats
        )
        growth = memory_mib("RssAnon") - before
    return {
        "clips": clips,
        "store_mib": store.nbytes / 2**20,
        "open_seconds": opening,
        "read_ms_per_batch": 1e3 * reading,
        "private_memory_growth_mib": growth,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
