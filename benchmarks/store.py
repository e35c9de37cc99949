"""Opening a small and a very large store, and reading batches of them at random."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.process import memory_mib, wall_seconds
from skgraph.data import EpochLoader, SkeletonDataset, SkeletonStore, join_shares
from skgraph.data.store_files import FORMAT_VERSION, write_description
from skgraph.performance.timing import median_seconds
from skgraph.topology import Topology

_LENGTH = 60  # frames of a clip
_TOPOLOGY = "ntu_rgbd"


def benchmark_store(
    clips: int, many_clips: int, shares: int, frames: int, batch_size: int, repeats: int
) -> dict[str, float]:
    """Open stores of few and of many clips, the latter in one file and joined from shares, and read them in turns.

    The frames are holes in files, which take no space on a disk and are read as zeros from its cache.

    Args:
        clips: clips in the small store.
        many_clips: clips in the large stores.
        shares: files of the joined store.
        frames: frames of a batch.
        batch_size: bodies in a batch.
        repeats: batches to read from each.

    Returns:
        For each store, seconds to join it, to open it, to make a dataset of its bodies and to shuffle an epoch;
        milliseconds of a batch that is read for the first time and of one that is read again, medians; growth of the
        process's private memory in MiB, by opening and by the rest. Mapped pages of files, which the system may drop,
        do not count.
    """
    measured: dict[str, float] = {}
    datasets: dict[str, SkeletonDataset] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, count, files in (("few", clips, 1), ("many", many_clips, 1), ("joined", many_clips, shares)):
            parts = [_write_share(Path(folder) / name / str(k), k, files, count) for k in range(1, files + 1)]
            path = Path(folder) / f"{name}_store"
            measured[f"{name}/clips"], measured[f"{name}/frames_gib"] = count, count * _LENGTH * 25 * 3 * 2 / 2**30
            measured[f"{name}/join_s"] = wall_seconds(partial(join_shares, parts, path))
            measured[f"{name}/open_s"] = median_seconds(partial(SkeletonStore.open, path), repeats=5)
            before = memory_mib("RssAnon")
            store = SkeletonStore.open(path)
            opened = memory_mib("RssAnon")
            made = partial(SkeletonDataset, store, "all", items="bodies", frames=frames, crop=(0.5, 1.0))
            measured[f"{name}/dataset_s"] = wall_seconds(made)
            datasets[name] = made()
            measured[f"{name}/epoch_order_s"] = wall_seconds(partial(EpochLoader(datasets[name], batch_size).order, 0))
            measured[f"{name}/open_mib"], measured[f"{name}/rest_mib"] = opened - before, memory_mib("RssAnon") - opened
        for pass_ in ("first", "again"):
            generator = torch.Generator().manual_seed(0)
            times: dict[str, list[float]] = {name: [] for name in datasets}
            for _ in range(repeats):
                for name, dataset in datasets.items():  # in turns: all see the same machine
                    rows = torch.randint(len(dataset), (batch_size,), generator=generator)
                    times[name].append(wall_seconds(partial(dataset.batch, rows, generator)))
            measured |= {f"{name}/{pass_}_ms": 1e3 * statistics.median(each) for name, each in times.items()}
    return measured


def _write_share(folder: Path, number: int, of: int, total: int) -> Path:
    """Write a share of a made-up dataset: a body a clip, and frames that are holes."""
    topology = Topology.load(_TOPOLOGY)
    first, last = total * (number - 1) // of, total * number // of
    clips, rows = last - first, (last - first) * _LENGTH
    folder.mkdir(parents=True)
    for name, kind, shape in (
        ("frames", "<f2", (rows, topology.num_joints, topology.dim)),
        ("present", "|b1", (rows,)),
    ):
        with open(folder / f"{name}.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
            file.truncate(file.tell() + int(np.prod(shape)) * np.dtype(kind).itemsize)
    each, unknown = np.arange(clips), np.full(clips, -1)
    names = b"".join(b"S001C001P%09dR001A001" % i for i in range(first, last))
    index = {
        "y": each % 60,
        "subject": each % 100,
        "camera": unknown,
        "setup": unknown,
        "length": np.full(clips, _LENGTH),
        "body_ptr": np.arange(clips + 1),
        "track_row": each * _LENGTH,
        "track_first": np.zeros(clips, np.int64),
        "track_length": np.full(clips, _LENGTH),
        "split_all": np.zeros(clips, np.int8),
        "name": np.frombuffer(names, np.uint8),
        "name_ptr": np.arange(clips + 1) * (len(names) // clips),
    }
    meta = {
        "format": FORMAT_VERSION,
        "topology": topology.to_dict(),
        "class_names": [f"class {i}" for i in range(60)],
        "source": "made up",
        "units": "m",
        "preprocessing": "none",
        "fps": 30.0,
        "share": {"number": number, "of": of, "dataset": str(total)},
        "splits": {"all": "all clips train"},
        "clips": clips,
        "bodies": clips,
        "max_bodies": 1,
        "rows": rows,
        "dtype": "float16",
        "content_hash": hashlib.sha256(f"{number} of {total}".encode()).hexdigest(),
    }
    write_description(folder, meta, index.items(), [])
    return folder
