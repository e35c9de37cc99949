from __future__ import annotations

import threading

import pytest
import torch

from skgraph.data import EpochLoader, SkeletonData, SkeletonDataset
from skgraph.errors import ConfigError
from skgraph.training.prefetch import _ahead, move_dataset, prefetch

CPU = torch.device("cpu")


@pytest.fixture
def bodies(store):
    return SkeletonDataset(store, "xsub", items="bodies", frames=8, crop=(0.5, 1.0))


def test_a_cpu_maps_the_store_and_a_copy_gives_the_same_batches(bodies):
    assert move_dataset(bodies, CPU) is bodies and move_dataset(bodies, CPU, "disk") is bodies
    copied = move_dataset(bodies, CPU, "device")
    assert copied is not bodies and copied.store is not bodies.store
    for (one, _), (other, _) in zip(EpochLoader(bodies, 8).epoch(0), EpochLoader(copied, 8).epoch(0), strict=True):
        assert torch.equal(one.x, other.x) and torch.equal(one.clip, other.clip)


def test_a_gpu_takes_what_fits(bodies, monkeypatch):
    moved = []
    monkeypatch.setattr(SkeletonDataset, "to", lambda self, device: moved.append(str(device)) or self)
    gpu, size = torch.device("cuda:0"), bodies.store.nbytes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * size, 4 * size))
    move_dataset(bodies, gpu)
    assert moved == ["cuda:0"]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * size - 2, 4 * size))
    assert move_dataset(bodies, gpu) is bodies and moved == ["cuda:0"]
    with pytest.raises(ConfigError, match="trainer.data=device: the frames have .* GiB and may take 50% of the"):
        move_dataset(bodies, gpu, "device")


def test_another_word():
    with pytest.raises(ConfigError, match="trainer.data must be one of auto, device, disk, found 'ram'"):
        move_dataset(None, CPU, "ram")


def test_a_second_body_brings_its_reference_wherever_batches_are_made(bodies, monkeypatch):
    """A GPU is not asked whether there is one in this batch: the reference of a first body is its own pose."""
    second = bodies.items != bodies.store.body_ptr[bodies.clips]
    assert second.any()
    for chosen in (torch.arange(len(bodies)), (~second).nonzero().flatten()):
        on_cpu = bodies.batch(chosen, torch.Generator().manual_seed(0))
        with monkeypatch.context() as patch:
            patch.setattr(torch, "equal", lambda *_: False)  # what a GPU takes for granted
            on_gpu = bodies.batch(chosen, torch.Generator().manual_seed(0))
        assert torch.equal(on_cpu.x, on_gpu.x) and "reference" in on_gpu
        if "reference" in on_cpu:
            assert torch.equal(on_cpu.reference, on_gpu.reference)


def test_prefetch_yields_what_the_loader_yields(bodies):
    loader = EpochLoader(bodies, 8)
    fetched = [graphs.x for graphs, _ in prefetch(loader, CPU, 1, 2)]
    assert all(torch.equal(a, b.x) for a, (b, _) in zip(fetched, loader.epoch(1, 2), strict=True)) and len(fetched) == 2


def test_a_thread_reads_ahead_for_a_gpu(bodies, monkeypatch):
    """The same batches, generators with them, read by another thread; without a GPU nothing is pinned or copied."""
    monkeypatch.setattr(SkeletonData, "pin_memory", lambda self: self)
    monkeypatch.setattr(SkeletonData, "to", lambda self, device, non_blocking: self)
    loader, threads = EpochLoader(bodies, 8), set()
    own = loader.dataset.batch
    monkeypatch.setattr(loader.dataset, "batch", lambda *a, **k: threads.add(threading.get_ident()) or own(*a, **k))
    fetched = list(prefetch(loader, torch.device("cuda"), 0))
    assert threads and threading.get_ident() not in threads
    for (one, drawn), (other, expected) in zip(fetched, loader.epoch(0), strict=True):
        assert torch.equal(one.x, other.x) and torch.equal(drawn.get_state(), expected.get_state())


def test_reading_ahead_ends_with_the_loop_and_brings_its_error():
    made = []

    def items():
        for i in range(100):
            made.append(i)
            yield i

    before = threading.active_count()
    for item in (ahead := _ahead(items())):
        if item == 3:
            ahead.close()
    assert threading.active_count() == before and len(made) < 10

    def failing():
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(_ahead(failing()))
