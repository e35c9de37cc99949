"""Damage small datasets of every format in random ways, and check what the readers make of them.

    python tests/datasets/fuzz.py --inputs 20000 --seed 0
    python tests/datasets/fuzz.py --readers bvh --seed 0 --only 17 --keep FOLDER   # one input again, and its files

`fuzzing.contract.Contract` is the contract that is checked. An input follows from its reader, its number and the seed.
Another process reads, so that a crash of the interpreter is found and does not end the search. Exits with 1 where a
reader broke its contract.
"""

from __future__ import annotations

import argparse
import faulthandler
import functools
import multiprocessing
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.datasets.fuzzing.contract import SECONDS, Contract, Outcome, watch
from tests.datasets.fuzzing.mutations import damage
from tests.datasets.fuzzing.sources import SOURCES

# C code that does not return hears no signal: the process ends after so many seconds.
_DEAF = 24 * SECONDS
# A folder in memory, where the system has one.
_MEMORY_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None


def fuzz(reader: str, numbers: Iterable[int], seed: int, folder: Path) -> Iterator[tuple[int, str, Outcome]]:
    """Yield number, damage and outcome of inputs of a reader; `folder` is an empty one to work in."""
    contracts: dict[int, Contract] = {}
    for number in numbers:
        form = number % len(SOURCES[reader])
        if form not in contracts:
            contracts[form] = Contract(SOURCES[reader][form](), folder / f"form{form}")
        damaged = damage(contracts[form].source, np.random.default_rng([seed, zlib.crc32(reader.encode()), number]))
        yield number, damaged.how, contracts[form].check(damaged)


@functools.lru_cache(maxsize=1)
def _started(reader: str, seed: int, folder: str):
    """Start the fuzz of a reader in this process: a generator that is sent numbers and yields outcomes."""
    faulthandler.enable()
    watch()
    numbers: list[int] = []
    outcomes = fuzz(reader, iter(numbers.pop, None), seed, Path(folder))
    return numbers, outcomes


def _check(reader: str, number: int, seed: int, folder: str) -> Outcome:
    numbers, outcomes = _started(reader, seed, folder)
    numbers.append(number)
    faulthandler.dump_traceback_later(_DEAF, exit=True)
    outcome = next(outcomes)[2]
    faulthandler.cancel_dump_traceback_later()
    return outcome


def run(reader: str, inputs: int, seed: int) -> list[Outcome]:
    """Fuzz a reader with inputs 0 to `inputs`, whatever happens to the process that reads."""
    # Forked where possible: importing everything again for each reader takes longer than reading.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    outcomes: list[Outcome] = []
    while len(outcomes) < inputs:
        with (
            tempfile.TemporaryDirectory(prefix="fuzz", dir=_MEMORY_FOLDER) as folder,
            ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool,
        ):
            try:
                while len(outcomes) < inputs:
                    outcomes.append(pool.submit(_check, reader, len(outcomes), seed, folder).result())
            except BrokenProcessPool:
                outcomes.append(Outcome("", "the interpreter ended", 0.0))
    return outcomes


def _format_row(name: str, outcomes: list[Outcome]) -> str:
    broken, refused = sum(bool(one.problem) for one in outcomes), sum(bool(one.refused) for one in outcomes)
    accepted = sum(not one.refused and not one.problem for one in outcomes)
    seconds = [one.seconds for one in outcomes]
    return (
        f"{name:20}{len(outcomes):8}{refused:9}{accepted:10}{sum(seconds):9.1f}{1000 * max(seconds):10.0f}{broken:12}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20000, help="of all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", default=",".join(SOURCES), help="some of %(default)s")
    parser.add_argument("--only", type=int, help="number of one input, which is read in this process")
    parser.add_argument("--keep", type=Path, help="with --only: a folder that does not exist, for the input's files")
    options = parser.parse_args()
    readers = options.readers.split(",")
    if unknown := [reader for reader in readers if reader not in SOURCES]:
        parser.error(f"no reader {', '.join(unknown)}: there are {', '.join(SOURCES)}")
    if options.only is not None:
        return _again(readers[0], options.only, options.seed, options.keep)
    print(f"{'reader':20}{'inputs':>8}{'refused':>9}{'accepted':>10}{'seconds':>9}{'worst ms':>10}{'violations':>12}")
    every: list[Outcome] = []
    for reader in readers:
        outcomes = run(reader, -(-options.inputs // len(readers)), options.seed)
        every += outcomes
        print(_format_row(reader, outcomes), flush=True)
        for number, outcome in enumerate(outcomes):
            if outcome.problem:
                print(f"{outcome.problem}\n    again: --readers {reader} --seed {options.seed} --only {number}")
    print(_format_row("all", every))
    return int(any(outcome.problem for outcome in every))


def _again(reader: str, number: int, seed: int, keep: Path | None) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz", dir=_MEMORY_FOLDER) as folder:
        watch()
        (_, how, outcome) = next(fuzz(reader, [number], seed, Path(folder)))
        print(f"damage: {how}\n{outcome}")
        if keep is not None:
            files = Path(folder) / f"form{number % len(SOURCES[reader])}" / "in"
            pipes = lambda at, names: [name for name in names if (Path(at) / name).is_fifo()]  # noqa: E731
            shutil.copytree(files, keep, symlinks=True, ignore=pipes)
    return int(bool(outcome.problem))


if __name__ == "__main__":
    sys.exit(main())
