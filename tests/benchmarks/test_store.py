import pytest

from benchmarks.store import benchmark_store


def test_opening_reading_and_memory():
    measured = benchmark_store(clips=50, many_clips=90, shares=4, frames=8, batch_size=8, repeats=2)
    for name, clips in (("few", 50), ("many", 90), ("joined", 90)):
        assert measured[f"{name}/clips"] == clips
        assert measured[f"{name}/frames_gib"] == pytest.approx(clips * 60 * 75 * 2 / 2**30)
        times = [
            measured[f"{name}/{key}"]
            for key in ("join_s", "open_s", "dataset_s", "epoch_order_s", "first_ms", "again_ms")
        ]
        assert min(times) > 0
