"""Conversion of raw files to clips in several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import compress
from multiprocessing import connection
from typing import TypeVar

import numpy as np

from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.raw_dataset import RawClip
from skgraph.errors import DataError

Item = TypeVar("Item")

CLIPS_PER_CHUNK = 256  # more would lose more when interrupted, fewer would spend more time on processes


def convert(
    items: Sequence[Item],
    read: Callable[[Sequence[Item]], list[RawClip]],
    cache: ConversionCache,
    processes: int | None = None,
    clips_per_chunk: int | None = None,
    notes: list[str] | None = None,
) -> Iterator[RawClip]:
    """Convert items to clips, one each, in order; clips in the cache are not read again.

    Args:
        items: arguments for `read`, such as file names.
        read: function that converts some items, in another process. Its `DataError` is raised here.
        cache: cache that holds the clips until their turn; closed at the end.
        processes: by default one for each CPU that this process may use. 1 reads in this process.
        clips_per_chunk: clips that a process holds in memory, by default 256; fewer where clips are long. The key of
            `cache` must depend on it.
        notes: list that receives a note on the clips found in the cache.

    Raises:
        DataError: `read` raised one, or a process was killed.
    """
    size = clips_per_chunk or CLIPS_PER_CHUNK
    chunks = [items[i : i + size] for i in range(0, len(items), size)]
    task = partial(_convert_chunk, read, cache)
    with cache:
        cached = [number in cache for number in range(len(chunks))]
        if any(cached) and notes is not None:
            kept = sum(map(len, compress(chunks, cached)))
            notes.append(f"{kept} of {len(items)} clips were kept from an earlier command, which did not finish")
        if processes == 1 or cached.count(False) <= 1:
            for number, chunk in enumerate(chunks):
                task(number, chunk)
                yield from cache.read(number)
        else:
            for number in _in_parallel(task, chunks, processes):
                yield from cache.read(number)


def _in_parallel(
    task: Callable[[int, Sequence[Item]], None], chunks: list[Sequence[Item]], processes: int | None
) -> Iterator[int]:
    """Run a task on all chunks in other processes; yield the number of each finished one, in order."""
    if processes is None:
        processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    if os.name == "posix":
        # Processes forked from a server share the memory of its imports, and no threads of this process.
        context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            for number, _ in enumerate(pool.map(task, range(len(chunks)), chunks)):
                yield number
        except BrokenProcessPool as error:
            raise DataError(
                "a process that was reading has been killed, most likely for want of memory; the same command goes on "
                "where it stopped, with processes=1 in less memory"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


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
