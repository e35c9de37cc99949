import pytest

from benchmarks.store import benchmark_store


def test_opening_and_memory():
    measured = benchmark_store(clips=50, frames=10, batch_size=8, repeats=3)
    assert measured["clips"] == 50 and measured["store_mib"] == pytest.approx(50 * 10 * 75 * 2 / 2**20)
    assert measured["open_seconds"] > 0 and measured["read_ms_per_batch"] > 0
