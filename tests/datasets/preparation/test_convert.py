import os
import signal
from functools import partial

import numpy as np
import pytest

from skgraph.datasets.preparation import convert as parallel
from skgraph.datasets.preparation.conversion_cache import ConversionCache
from skgraph.datasets.preparation.convert import convert
from skgraph.datasets.raw_dataset import RawClip
from skgraph.errors import DataError


def read(log, items):
    """A clip of as many frames as the item says; the log has a line for each call, with its process."""
    with open(log, "a") as file:
        file.write(f"{os.getpid()}\n")
    if "bad" in items:
        raise DataError("'bad' is damaged")
    if "kill" in items:
        os.kill(os.getpid(), signal.SIGKILL)
    return [RawClip(np.full((1, item, 2, 3), item, np.float32)) for item in items]


@pytest.fixture
def chunks_of_two(monkeypatch):
    monkeypatch.setattr(parallel, "CLIPS_PER_CHUNK", 2)


@pytest.mark.parametrize("processes", [1, 2])
def test_clips_come_in_order_and_are_read_once(tmp_path, chunks_of_two, processes):
    task = partial(read, tmp_path / "log")
    notes = []
    for _ in range(2):
        clips = convert(list(range(1, 10)), task, ConversionCache(tmp_path / "cache", "key"), processes, notes=notes)
        assert [clip.joints.shape[1] for clip in clips] == list(range(1, 10))
    assert notes == ["9 of 9 clips were kept from an earlier command, which did not finish"]
    pids = (tmp_path / "log").read_text().split()
    assert len(pids) == 5
    assert (str(os.getpid()) in pids) == (processes == 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_keeps_what_was_read(tmp_path, chunks_of_two, processes):
    cache = ConversionCache(tmp_path / "cache", "key")
    with pytest.raises(DataError, match="'bad' is damaged"):
        list(convert([1, 2, 3, 4, 5, "bad"], partial(read, tmp_path / "log"), cache, processes))
    assert 0 in cache and 1 in cache and 2 not in cache
    ConversionCache(tmp_path / "cache", "key").close()  # nobody holds them any more


def test_a_killed_process_is_said(tmp_path, chunks_of_two):
    with pytest.raises(DataError, match="has been killed, most likely for want of memory"):
        list(convert([1, 2, "kill", 4], partial(read, tmp_path / "log"), ConversionCache(tmp_path / "cache", "key"), 2))


def test_long_clips_are_read_few_at_a_time(tmp_path):
    task = partial(read, tmp_path / "log")
    clips = convert([1, 2, 3, 4, 5], task, ConversionCache(tmp_path / "cache", "key"), processes=1, clips_per_chunk=2)
    assert [clip.joints.shape[1] for clip in clips] == [1, 2, 3, 4, 5]
    assert len((tmp_path / "log").read_text().split()) == 3


def overflow(items):
    return [RawClip((np.full((1, 1, 2, 3), 1e300) ** 2).astype(np.float32)) for _ in items]


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_numbers_that_are_too_large_warn_nobody(tmp_path):
    (clip,) = convert([0], overflow, ConversionCache(tmp_path / "cache", "key"), processes=1)
    assert np.isinf(clip.joints).all()
