"""Conversion of raw files to clips in several processes, in order, with a few chunks of clips in memory."""

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

from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.raw_clip import RawClip
from skgraph.errors import DataError

Item = TypeVar("Item")

# Enough to keep the overhead of a process low, few enough to show progress and to lose little when interrupted.
CLIPS_PER_CHUNK = 256


def convert(
    items: Sequence[Item],
    read: Callable[[Sequence[Item]], list[RawClip]],
    cache: ConversionCache,
    processes: int | None = None,
    clips_per_chunk: int | None = None,
    notes: list[str] | None = None,
) -> Iterator[RawClip]:
    """Convert items to clips, one each, in order; clips that are in the cache are not read again.

    Args:
        items: what `read` takes, such as file names.
        read: converts some items, in another process. A `DataError` of it is raised here.
        cache: holds the clips until their turn; closed at the end.
        processes: how many at once, by default one for each CPU that this process may use. 1 reads in this process.
        clips_per_chunk: clips that a process holds in memory, by default 256: fewer where clips are long. The key of
            `cache` must depend on it.
        notes: gets a note of how many clips were in the cache.

    Raises:
        DataError: `read` raised one, or a process was killed.
    """
    size = clips_per_chunk or CLIPS_PER_CHUNK
    chunks = [items[i : i + size] for i in range(0, len(items), size)]
    with cache:
        kept = sum(len(chunk) for number, chunk in enumerate(chunks) if number in cache)
        if kept and notes is not None:
            notes.append(f"{kept} of {len(items)} clips were kept from an earlier command, which did not finish")
        yield from _converted(chunks, partial(_convert_chunk, read, cache), cache, processes or _available_cpus())


def _converted(
    chunks: list[Sequence[Item]], task: Callable[[int, Sequence[Item]], None], cache: ConversionCache, processes: int
) -> Iterator[RawClip]:
    if processes == 1 or sum(i not in cache for i in range(len(chunks))) <= 1:
        for number, chunk in enumerate(chunks):
            task(number, chunk)
            yield from cache.read(number)
        return
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    if os.name == "posix":
        # Processes forked from a server that has imported this module share its memory, and none of this one's threads.
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_parent) as pool:
        waiting: deque[tuple[int, Future[None]]] = deque()
        try:
            for number, chunk in enumerate(chunks):
                waiting.append((number, pool.submit(task, number, chunk)))
                if len(waiting) > 2 * processes:
                    yield from _first(waiting, cache)
            while waiting:
                yield from _first(waiting, cache)
        except BrokenProcessPool as error:
            raise DataError(
                "a process that was reading has been killed, most likely for want of memory; the same command goes on "
                "where it stopped, with processes=1 in less memory"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _available_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first(waiting: deque[tuple[int, Future[None]]], cache: ConversionCache) -> Iterator[RawClip]:
    number, future = waiting.popleft()
    future.result()
    yield from cache.read(number)


def _convert_chunk(
    read: Callable[[Sequence[Item]], list[RawClip]], cache: ConversionCache, number: int, chunk: Sequence[Item]
) -> None:
    if number not in cache:
        with np.errstate(over="ignore", invalid="ignore"):  # the store writer reports what is not finite
            cache.write(number, read(chunk))


def _end_with_parent() -> None:
    """End this process when its parent is killed, and leave an interrupt to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (connection.wait([parent.sentinel]), os._exit(1)), daemon=True).start()
