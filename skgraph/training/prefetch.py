"""Prefetch batches to the training device."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Queue

import torch

from skgraph.data import EpochLoader, MixedLoader, SkeletonData, SkeletonDataset
from skgraph.errors import ConfigError

LOCATIONS = ("auto", "device", "disk")
_SHARE = 0.5  # share of a device's free memory for the store; the rest is for the model and the batches
_AHEAD = 2  # batches


def move_dataset(dataset: SkeletonDataset, device: torch.device, where: str = "auto") -> SkeletonDataset:
    """Move a dataset to the device that makes its batches.

    Args:
        dataset: mapped from disk.
        device: where the training computes.
        where: ``disk`` leaves it mapped, and each batch is read when it is due; ``device`` copies all frames to the
            device, where a batch is one gather; ``auto`` does so on a GPU whose free memory is twice the frames.

    Raises:
        ConfigError: ``where`` is another word, or the frames do not fit.
    """
    if where not in LOCATIONS:
        raise ConfigError(f"trainer.data must be one of {', '.join(LOCATIONS)}, found '{where}'")
    if where == "disk" or (where == "auto" and device.type == "cpu"):
        return dataset
    if device.type == "cuda":
        free, needed = torch.cuda.mem_get_info(device)[0], dataset.store.nbytes
        if needed > free * _SHARE:
            if where == "auto":
                return dataset
            raise ConfigError(
                f"trainer.data=device: the frames have {needed / 2**30:.1f} GiB and may take {_SHARE:.0%} of the "
                f"{free / 2**30:.1f} GiB that {device} has free: say trainer.data=disk, or prepare the store with "
                "dtype=float16"
            )
    return dataset.to(device)


def prefetch(
    loader: EpochLoader | MixedLoader, device: torch.device, epoch: int, first: int = 0
) -> Iterator[tuple[SkeletonData, torch.Generator]]:
    """Yield the batches of ``loader.epoch(epoch, first)`` on a device.

    Where the dataset is on the CPU and the training on a GPU, a thread reads batches ahead into pinned memory, and they
    are copied while the GPU computes.
    """
    batches = loader.epoch(epoch, first)
    sources = loader.loaders if isinstance(loader, MixedLoader) else [loader]
    if all(source.dataset.store.device.type == device.type for source in sources):
        yield from ((bodies.to(device), generator) for bodies, generator in batches)
        return
    pinned = ((bodies.pin_memory() if bodies.x.is_cpu else bodies, generator) for bodies, generator in batches)
    for bodies, generator in _ahead(pinned):
        yield bodies.to(device, non_blocking=True), generator


def _ahead(items: Iterator) -> Iterator:
    """Yield items that a thread makes ahead; the thread ends with the loop that reads them."""
    ready: Queue = Queue(_AHEAD)
    stopped = threading.Event()

    def make() -> None:
        try:
            for item in items:
                if stopped.is_set():
                    return
                ready.put((item, None))
            ready.put((None, None))
        except BaseException as error:  # raised in the loop that reads
            ready.put((None, error))

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stopped.set()
        while thread.is_alive():  # it may wait for space in the queue
            while not ready.empty():
                ready.get()
            thread.join(0.01)
