"""Converts many files in several processes, in their order, with memory for a few of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import connection
from typing import TypeVar

import numpy as np

from skgraph.datasets.preparation.conversion_cache import Parts
from skgraph.datasets.raw_clip import RawClip
from skgraph.errors import DataError

Item = TypeVar("Item")

# Clips a part: enough to make the way between processes short, few enough to show progress and to lose little.
PART = 256


def convert(
    items: Sequence[Item],
    read: Callable[[Sequence[Item]], list[RawClip]],
    parts: Parts,
    processes: int | None = None,
    at_once: int | None = None,
    notes: list[str] | None = None,
) -> Iterator[RawClip]:
    """Clips of items, one each, in order; those of parts that exist already are not read again.

    Args:
        items: what `read` takes, such as a file's name.
        read: reads some items; it runs in another process. Its errors that are a `DataError` come here as they are.
        parts: where clips wait for their turn; closed at the end.
        processes: how many at once; by default one for each CPU that this process may use. 1 reads in this process.
        at_once: clips a part, which a process holds in memory, by default 256: fewer where they are long. The key of
            `parts` says how many.
        notes: where to add how many clips an earlier command has left.

    Raises:
        DataError: `read` raised one, or a process was killed.
    """
    at_once = at_once or PART
    chunks = [items[i : i + at_once] for i in range(0, len(items), at_once)]
    with parts:
        kept = sum(len(chunk) for number, chunk in enumerate(chunks) if number in parts)
        if kept and notes is not None:
            notes.append(f"{kept} of {len(items)} clips were kept from an earlier command, which did not finish")
        yield from _converted(chunks, partial(_convert, read, parts), parts, processes or _available_cpus())


def _converted(
    chunks: list[Sequence[Item]], task: Callable[[int, Sequence[Item]], None], parts: Parts, processes: int
) -> Iterator[RawClip]:
    if processes == 1 or sum(i not in parts for i in range(len(chunks))) <= 1:
        for number, chunk in enumerate(chunks):
            task(number, chunk)
            yield from parts.read(number)
        return
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    if os.name == "posix":
        # A server that has imported this makes the processes: they share its memory, and none of this one's threads.
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_parent) as pool:
        waiting: deque[tuple[int, Future[None]]] = deque()
        left = iter(enumerate(chunks))
        try:
            for number, chunk in left:
                waiting.append((number, pool.submit(task, number, chunk)))
                if len(waiting) > 2 * processes:
                    yield from _first(waiting, parts)
            while waiting:
                yield from _first(waiting, parts)
        except BrokenProcessPool as error:
            raise DataError(
                "a process that was reading has been killed, most likely for want of memory; the same command goes on "
                "where it stopped, with processes=1 in less memory"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _available_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first(waiting: deque[tuple[int, Future[None]]], parts: Parts) -> Iterator[RawClip]:
    number, future = waiting.popleft()
    future.result()
    yield from parts.read(number)


def _convert(read: Callable[[Sequence[Item]], list[RawClip]], parts: Parts, number: int, chunk: Sequence[Item]) -> None:
    if number not in parts:
        with np.errstate(over="ignore", invalid="ignore"):  # the store refuses what is not finite, and says where it is
            parts.write(number, read(chunk))


def _end_with_parent() -> None:
    """End this process when the one that started it is killed: nobody else would. An interrupt is that one's alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (connection.wait([parent.sentinel]), os._exit(1)), daemon=True).start()
