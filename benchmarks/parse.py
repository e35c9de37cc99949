"""Speed of reading NTU RGB+D's files, beside reading them line by line as other projects do."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.process import wall_seconds
from benchmarks.raw_files.ntu import write_ntu_files
from skgraph.data.store import SkeletonStore
from skgraph.datasets.formats.ntu.published import RELEASES
from skgraph.datasets.formats.ntu.skeleton_file import parse_skeleton
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
    """Parse synthetic recordings in NTU RGB+D's format with each parser in turns, and prepare a store of many of them.

    Args:
        files: number of distinct recordings to parse, on one core.
        prepared: recordings in the store, prepared with one process and with two; links to the distinct ones.
        repeats: rounds of parsing; the fastest counts for each parser.

    Returns:
        Megabytes and files per second of each parser, their ratios, and the projected minutes for NTU RGB+D 120.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder, store = Path(scratch), write_synthetic(Path(scratch) / "store", subjects=2, repetitions=1)
        write_ntu_files(store, folder / "raw", files)
        paths = sorted((folder / "raw").iterdir())
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        parsers = {"skgraph": _skgraph, "dictionaries": _each(_dictionaries), "arrays": _each(_arrays)}
        best = dict.fromkeys(parsers, float("inf"))
        for _ in range(repeats):
            for name, parse in parsers.items():
                best[name] = min(best[name], wall_seconds(lambda parse=parse: parse(paths)))
        (folder / "many").mkdir()
        links = _link(paths, folder / "many", prepared)
        measured = {"files": float(len(paths)), "megabytes": megabytes, "repeats": float(repeats)}
        for name, seconds in best.items():
            measured |= {f"{name}_mb_per_s": megabytes / seconds, f"{name}_files_per_s": len(paths) / seconds}
        measured |= {f"times_as_fast_as_{name}": best[name] / best["skgraph"] for name in ("dictionaries", "arrays")}
        for processes in (1, 2):
            seconds = wall_seconds(lambda processes=processes: _prepare(folder, processes))
            measured[f"prepare_{processes}_processes_files_per_s"] = links / seconds
            measured[f"prepare_{processes}_processes_mb_per_s"] = links / seconds * megabytes / len(paths)
        rate = measured["prepare_2_processes_files_per_s"]
        return measured | {"ntu120_minutes_with_2_processes": RELEASES[120].recordings / rate / 60}


def _link(paths: list[Path], folder: Path, count: int) -> int:
    """Link the recordings to `count` file names of NTU RGB+D 60, and return the number of links."""
    for number in range(count):
        name = f"S{number % 17 + 1:03d}C{number % 3 + 1:03d}P{number // 51 + 1:03d}R001A{number % 60 + 1:03d}.skeleton"
        (folder / name).hardlink_to(paths[number % len(paths)])
    return len(list(folder.iterdir()))


def _prepare(folder: Path, processes: int) -> SkeletonStore:
    raw = read_ntu(folder / "many", folder / "cache", 60, processes=processes)
    return SkeletonStore.open(write_store(raw, folder / "prepared", overwrite=True).path)


def _skgraph(paths: list[Path]) -> None:
    for path in paths:
        parse_skeleton(path.read_bytes())


def _each(parse: Callable[[Path], object]) -> Callable[[list[Path]], None]:
    def each(paths: list[Path]) -> None:
        for path in paths:
            parse(path)

    return each


def _dictionaries(path: Path) -> np.ndarray:
    """Parse as ST-GCN and 2s-AGCN do: a dictionary of floats per line, and an array of positions at the end."""
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
    """Parse as CTR-GCN does: small arrays of the positions and image columns per line, stacked by body."""
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
