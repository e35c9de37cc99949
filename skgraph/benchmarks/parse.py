"""How fast NTU RGB+D's files are read, beside the usual ways to read them line by line."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skgraph.data.store import SkeletonStore
from skgraph.datasets.formats.ntu.published import RELEASES
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeletons
from skgraph.datasets.preparation.write_store import write_store
from skgraph.datasets.readers.ntu import read_ntu
from skgraph.datasets.synthetic import write_synthetic

_COLUMNS = (
    "x",
    "y",
    "z",
    "depthX",
    "depthY",
    "colorX",
    "colorY",
    "orientationW",
    "orientationX",
    "orientationY",
    "orientationZ",
    "trackingState",
)


def benchmark_parse(files: int, prepared: int, repeats: int) -> dict[str, float]:
    """Parse synthetic recordings in NTU RGB+D's format, each way in turns, and prepare a store of many of them.

    Args:
        files: distinct recordings that are parsed, on one core.
        prepared: recordings of which a store is made, with one process and with two; links to the distinct ones.
        repeats: rounds of parsing, of which the fastest counts for each way.

    Returns:
        megabytes and files a second of each way, their ratios, and the projected minutes for NTU RGB+D 120.
    """
    from benchmarks.raw_files.ntu import write_ntu_files  # in a checkout, not in an installed package

    with tempfile.TemporaryDirectory() as scratch:
        folder, store = Path(scratch), write_synthetic(Path(scratch) / "store", subjects=2, repetitions=1)
        write_ntu_files(store, folder / "raw", files)
        paths = sorted((folder / "raw").iterdir())
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        ways = {"skgraph": _together, "dictionaries": _each(_dictionaries), "arrays": _each(_arrays)}
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(repeats):
            for name, way in ways.items():
                best[name] = min(best[name], _seconds(lambda way=way: way(paths)))
        (folder / "many").mkdir()
        links = _link(paths, folder / "many", prepared)
        measured = {"files": float(len(paths)), "megabytes": megabytes, "repeats": float(repeats)}
        for name, seconds in best.items():
            measured |= {f"{name}_mb_per_s": megabytes / seconds, f"{name}_files_per_s": len(paths) / seconds}
        measured |= {f"times_as_fast_as_{name}": best[name] / best["skgraph"] for name in ("dictionaries", "arrays")}
        for processes in (1, 2):
            seconds = _seconds(lambda processes=processes: _prepare(folder, processes))
            measured[f"prepare_{processes}_processes_files_per_s"] = links / seconds
            measured[f"prepare_{processes}_processes_mb_per_s"] = links / seconds * megabytes / len(paths)
        rate = measured["prepare_2_processes_files_per_s"]
        return measured | {"ntu120_minutes_with_2_processes": RELEASES[120].recordings / rate / 60}


def _link(paths: list[Path], folder: Path, count: int) -> int:
    """Links to the recordings under as many names of NTU RGB+D 60."""
    for number in range(count):
        name = f"S{number % 17 + 1:03d}C{number % 3 + 1:03d}P{number // 51 + 1:03d}R001A{number % 60 + 1:03d}.skeleton"
        (folder / name).hardlink_to(paths[number % len(paths)])
    return len(list(folder.iterdir()))


def _prepare(folder: Path, processes: int) -> SkeletonStore:
    raw = read_ntu(folder / "many", folder / "parts", 60, processes=processes)
    return SkeletonStore.open(write_store(raw, folder / "prepared", overwrite=True).path)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _together(paths: list[Path]) -> None:
    for _ in parse_skeletons(path.read_bytes() for path in paths):
        pass


def _each(parse: Callable[[Path], object]) -> Callable[[list[Path]], None]:
    def each(paths: list[Path]) -> None:
        for path in paths:
            parse(path)

    return each


def _dictionaries(path: Path) -> np.ndarray:
    """ST-GCN's and 2s-AGCN's way: a dictionary of floats of every line, and an array of positions at the end."""
    with open(path) as file:
        frames = []
        for _ in range(int(file.readline())):
            bodies = []
            for _ in range(int(file.readline())):
                file.readline()
                lines = [file.readline() for _ in range(int(file.readline()))]
                bodies.append([dict(zip(_COLUMNS, map(float, line.split()), strict=False)) for line in lines])
            frames.append(bodies)
    positions = np.zeros((len(frames), 4, 25, 3))
    for t, bodies in enumerate(frames):
        for m, joints in enumerate(bodies):
            for v, joint in enumerate(joints):
                positions[t, m, v] = joint["x"], joint["y"], joint["z"]
    return positions


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """CTR-GCN's way: a small array of the positions and one of the image columns of every line, stacked by body."""
    with open(path) as file:
        lines = file.readlines()
    line, found = 1, {}
    for _ in range(int(lines[0])):
        bodies = int(lines[line])
        line += 1
        for _ in range(bodies):
            body, count = lines[line].split()[0], int(lines[line + 1])
            joints, colors = np.zeros((count, 3), np.float32), np.zeros((count, 2), np.float32)
            for joint in range(count):
                words = lines[line + 2 + joint].strip().split()
                joints[joint] = np.array(words[:3], np.float32)
                colors[joint] = np.array(words[5:7], np.float32)
            line += 2 + count
            before = found.get(body)
            found[body] = joints if before is None else np.vstack([before, joints])
    return found
