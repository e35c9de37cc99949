"""What every reader promises, whatever it is given, and the check that it keeps it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np

from skgraph.data import SkeletonStore
from skgraph.datasets.preparation.write_store import write_store
from skgraph.errors import DataError
from tests.datasets.fuzzing.mutations import CANARY, DANGLING, FIFO, FOLDER, LOOP, Damaged
from tests.datasets.fuzzing.sources import Source

SECONDS = 5.0
"""After which a small input counts as one that hangs."""
MEMORY = 2**30
"""Bytes beyond those that the process had before it read."""

# Nothing that a reader does; where one of these happens, a file has run something.
_FORBIDDEN = (
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "subprocess.Popen",
    "ctypes.dlopen",
    "socket.connect",
)
_watched: list[str] | None = None


class Hang(BaseException):
    """Reading took too long."""


@dataclass(frozen=True)
class Outcome:
    """What a reader did with an input.

    Args:
        refused: its message, "" where the input was accepted.
        problem: what it did against its contract, "" where nothing.
        seconds: how long it took.
    """

    refused: str
    problem: str
    seconds: float


class Contract:
    """Checks that a damaged dataset becomes correct clips or one `DataError`, and nothing else.

    - The error is a `DataError` of a line that names a file or a clip. There is no other exception, no warning of
      arithmetic, no hang and no gigabyte of memory.
    - After it nothing lies where the store would be or beside it, but for the folder of parts where a reader keeps one.
    - Otherwise the store opens, is finite, and holds every clip whose files were not damaged as it would be without.
    - Nothing of the input is run.

    Args:
        source: the sound dataset.
        folder: an empty one to work in.
    """

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.folder = folder
        self.input, self.out = folder / "in", folder / "out" / "store"
        self._on_disk: dict[str, bytes] = {}
        self.clips: dict[str, tuple[np.ndarray, ...]] = {}
        outcome = self.check(Damaged(source.files, set(), "nothing"))
        if outcome.refused or outcome.problem:
            raise AssertionError(f"the sound dataset is refused: {outcome}")
        self.clips = _clips(SkeletonStore.open(self.out))

    def check(self, damaged: Damaged) -> Outcome:
        """Read a dataset, write its store, and look at what is there then."""
        self.put(damaged.files)
        shutil.rmtree(self.out.parent, ignore_errors=True)
        self.out.parent.mkdir(parents=True)
        before, refused, problems = _memory_now(), "", []
        here, started = os.getcwd(), time.perf_counter()
        os.chdir(self.folder)
        try:
            with _limits() as run, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", RuntimeWarning)
                write_store(self.source.read(self.input, self.out.with_name("store.parts")), self.out)
        except DataError as error:
            refused = str(error)
            problems += self._of_message(refused)
        except Hang as hang:
            problems.append(f"no end after {SECONDS:g} s ({_where(hang)})")
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            problems.append(f"{type(error).__name__}: {str(error)[:200]} ({_where(error)})")
        finally:
            os.chdir(here)
        seconds = time.perf_counter() - started
        if (used := _memory_peak() - before) > MEMORY:
            problems.append(f"{used >> 20} MiB of memory")
        problems += [f"it did {event}" for event in run]
        if (self.folder / CANARY).exists() or (self.input / CANARY).exists():
            problems.append("code of the input was run")
        problems += self._of_files(refused or problems)
        if not refused and not problems and self.clips:
            problems += self._of_store(damaged.touched)
        return Outcome(refused, "; ".join(problems), seconds)

    def put(self, files: dict[str, bytes]) -> None:
        """Make the input folder hold these files; those that it has already stay."""
        for path in [path for path, content in self._on_disk.items() if files.get(path) is not content]:
            _remove(self.input / path)
            del self._on_disk[path]
            folder = (self.input / path).parent
            if folder != self.input and not any(folder.iterdir()):
                folder.rmdir()
        for path, content in files.items():
            if path not in self._on_disk:
                _make(self.input / path, content)
                self._on_disk[path] = content

    def _of_message(self, message: str) -> list[str]:
        names = {str(self.input), *(Path(path).name for path in self._on_disk), *self.clips}
        names |= {Path(path).stem for path in self._on_disk} | {f"'{self.input.name}'"}
        problems = []
        # What is wrong with all clips together is in no one file.
        of_all = re.search(r"\bsplit '|^bodies are |^none of the ", message)
        if not of_all and not any(repr(name)[1:-1] in message or name in message for name in names):
            problems.append(f"the message names no file: {message[:300]}")
        if "\n" in message.strip():
            problems.append(f"the message has several lines: {message[:300]!r}")
        if len(message) > 3000:
            problems.append(f"the message has {len(message)} characters: {message[:100]!r}")
        return problems

    def _of_files(self, failed: object) -> list[str]:
        left = set(os.listdir(self.out.parent))
        allowed = {"store.parts"} if self.source.keeps_parts and failed else set() if failed else {"store"}
        return [f"left behind: {', '.join(sorted(left - allowed))}"] if left - allowed else []

    def _of_store(self, touched: set[str] | None) -> list[str]:
        try:
            clips = _clips(SkeletonStore.open(self.out))
        except Exception as error:
            return [f"the store does not open: {type(error).__name__}: {error}"]
        problems = [
            f"clip '{name}' is not finite" for name, arrays in clips.items() if not np.isfinite(arrays[0]).all()
        ]
        for name, arrays in self.clips.items():
            if touched is None or name in touched or name not in clips:
                continue
            if not all(np.array_equal(one, other) for one, other in zip(arrays, clips[name], strict=True)):
                problems.append(f"clip '{name}' changed, whose file did not")
        return problems


def _where(error: BaseException) -> str:
    """The line of the library that an error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "skgraph" in frame.filename and "fuzzing" not in frame.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def _clips(store: SkeletonStore) -> dict[str, tuple[np.ndarray, ...]]:
    """Joints, mask and confidence by name."""
    found = {}
    for i, name in enumerate(store.name.tolist()):
        clip = store.clip(i)
        sure = clip.confidence.numpy() if store.has_confidence else np.zeros(0)
        found[name] = clip.joints.numpy(), clip.frame_mask.numpy(), sure
    return found


def _make(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is FOLDER:
        path.mkdir()
    elif content is FIFO:
        os.mkfifo(path)
    elif content is LOOP or content is DANGLING:
        path.symlink_to(path.name if content is LOOP else "nowhere")
    else:
        path.write_bytes(content)


def _remove(path: Path) -> None:
    if stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def _limits() -> Iterator[list[str]]:
    """Raise `Hang` when time is up; gives the list of what is done that no reader may do."""
    global _watched

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    # Time of this process, for the machine may have other work; and any time, for what waits takes none.
    timers = ((signal.ITIMER_PROF, signal.SIGPROF, SECONDS), (signal.ITIMER_REAL, signal.SIGALRM, 3 * SECONDS))
    handlers = [signal.signal(number, stop) for _, number, _ in timers]
    _watched = run = []
    _reset_peak()
    for timer, _, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield run
    finally:
        for (timer, number, _), handler in zip(timers, handlers, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        _watched = None


def watch() -> None:
    """Hear of what a file may make Python do; from here on, for this process."""
    sys.addaudithook(
        lambda event, _: _watched.append(event) if _watched is not None and event.startswith(_FORBIDDEN) else None
    )


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    return 0


def _memory_now() -> int:
    return _status("VmRSS") if sys.platform == "linux" else 0


def _memory_peak() -> int:
    return _status("VmHWM") if sys.platform == "linux" else 0


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
