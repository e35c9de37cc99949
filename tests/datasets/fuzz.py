"""Damages small datasets of every format in random ways and checks what the readers make of them.

    python tests/datasets/fuzz.py --inputs 20000 --seed 0
    python tests/datasets/fuzz.py --readers bvh --seed 0 --only 17 --keep FOLDER   # one input again, and its files

The contract that is checked is that of `fuzzing.contract.Contract`. Every input follows from its reader, its number and
the seed. A process of its own reads for each reader, so that a crash of the interpreter is found and does not end the
search. Exits with 1 where a reader broke its contract.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.datasets.fuzzing.contract import SECONDS, Contract, Outcome, watch
from tests.datasets.fuzzing.mutations import damage
from tests.datasets.fuzzing.sources import SOURCES

READERS = tuple(SOURCES)
# Where no signal is heard, in C code that does not return, the process ends after so many seconds.
_DEAF = 24 * SECONDS


@dataclass
class Row:
    """What came of the inputs of a reader."""

    inputs: int = 0
    refused: int = 0
    accepted: int = 0
    seconds: float = 0.0
    worst: float = 0.0
    problems: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, outcome: Outcome) -> None:
        self.inputs += 1
        self.refused += bool(outcome.refused)
        self.accepted += not outcome.refused and not outcome.problem
        self.seconds += outcome.seconds
        self.worst = max(self.worst, outcome.seconds)
        if outcome.problem:
            self.problems.append((number, outcome.problem))


def fuzz(reader: str, numbers: Iterator[int] | range, seed: int, folder: Path) -> Iterator[tuple[int, str, Outcome]]:
    """Number, damage and outcome of inputs of a reader; `folder` is an empty one to work in."""
    contracts: dict[int, Contract] = {}
    for number in numbers:
        rng = np.random.default_rng([seed, zlib.crc32(reader.encode()), number])
        form = number % len(SOURCES[reader])
        if form not in contracts:
            contracts[form] = Contract(SOURCES[reader][form](), folder / f"form{form}")
        damaged = damage(contracts[form].source, rng)
        yield number, damaged.how, contracts[form].check(damaged)


def _work(reader: str, start: int, end: int, seed: int, to: Connection) -> None:
    """In a process of its own: read, and tell what came of it."""
    faulthandler.enable()
    watch()
    with tempfile.TemporaryDirectory(prefix="fuzz", dir=_memory_folder()) as folder:
        numbers = iter(range(start, end))

        def announced() -> Iterator[int]:
            for number in numbers:
                to.send((number, None))
                faulthandler.dump_traceback_later(_DEAF, exit=True)
                yield number

        for number, _, outcome in fuzz(reader, announced(), seed, Path(folder)):
            to.send((number, outcome))
    faulthandler.cancel_dump_traceback_later()
    to.send((end, None))


def _memory_folder() -> str | None:
    """A folder in memory, where writing costs nothing; None where there is none."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def run(reader: str, inputs: int, seed: int) -> Row:
    """Fuzz a reader with inputs 0 to `inputs`, whatever happens to the process that reads."""
    # Forked where that can be: to import everything again for each reader takes longer than to read.
    methods = multiprocessing.get_all_start_methods()
    context, row, start = multiprocessing.get_context("fork" if "fork" in methods else "spawn"), Row(), 0
    while start < inputs:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(reader, start, inputs, seed, there))
        process.start()
        there.close()
        number = start
        try:
            while number < inputs:
                number, outcome = here.recv()
                if outcome is not None:
                    row.add(number, outcome)
        except EOFError:
            process.join()
            row.add(number, Outcome("", f"the interpreter ended with {process.exitcode}", 0.0))
        process.join()
        start = number + 1
    return row


def _table(rows: dict[str, Row]) -> str:
    lines = [
        f"{'reader':20}{'inputs':>8}{'refused':>9}{'accepted':>10}{'seconds':>9}{'worst ms':>10}{'violations':>12}"
    ]
    total = Row()
    for row in rows.values():
        for key in ("inputs", "refused", "accepted", "seconds"):
            setattr(total, key, getattr(total, key) + getattr(row, key))
        total.worst, total.problems = max(total.worst, row.worst), total.problems + row.problems
    for name, row in [*rows.items(), ("all", total)]:
        lines.append(
            f"{name:20}{row.inputs:8}{row.refused:9}{row.accepted:10}{row.seconds:9.1f}{1000 * row.worst:10.0f}"
            f"{len(row.problems):12}"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20000, help="of all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", default=",".join(READERS), help="some of %(default)s")
    parser.add_argument("--only", type=int, help="number of one input, which is read in this process")
    parser.add_argument("--keep", type=Path, help="with --only: a folder that does not exist, for the input's files")
    options = parser.parse_args()
    readers = options.readers.split(",")
    if unknown := [reader for reader in readers if reader not in READERS]:
        parser.error(f"no reader {', '.join(unknown)}: there are {', '.join(READERS)}")
    if options.only is not None:
        return _again(readers[0], options.only, options.seed, options.keep)
    rows = {}
    for reader in readers:
        rows[reader] = run(reader, -(-options.inputs // len(readers)), options.seed)
        for number, problem in rows[reader].problems:
            print(
                f"{reader} {number}: {problem}\n    again: --readers {reader} --seed {options.seed} --only {number}",
                flush=True,
            )
    print(_table(rows))
    return 1 if any(row.problems for row in rows.values()) else 0


def _again(reader: str, number: int, seed: int, keep: Path | None) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz", dir=_memory_folder()) as folder:
        watch()
        for _, how, outcome in fuzz(reader, range(number, number + 1), seed, Path(folder)):
            print(f"damage: {how}\n{outcome}")
            if keep is not None:
                form = Path(folder) / f"form{number % len(SOURCES[reader])}" / "in"
                form.rename(keep) if form.stat().st_dev == keep.parent.stat().st_dev else _copy(form, keep)
    return 1 if outcome.problem else 0


def _copy(folder: Path, to: Path) -> None:
    import shutil

    shutil.copytree(folder, to, symlinks=True, ignore=lambda at, names: [n for n in names if (Path(at) / n).is_fifo()])


if __name__ == "__main__":
    sys.exit(main())
