import pytest

from benchmarks.programs import benchmark_programs
from tests.performance.small import small_pretraining


def test_onnxruntime_beside_pytorch():
    measured = benchmark_programs({"a": small_pretraining()}, "ntu_rgbd", bodies=3, repeats=1, latencies=1)
    assert measured["a largest difference"] < 1e-4
    assert all(measured[f"a {key} single, ms"] > 0 for key in ("PyTorch", "onnxruntime"))
    rates = [measured[f"a {key} bodies/s"] for key in ("onnxruntime", "PyTorch")]
    assert measured["a onnxruntime over PyTorch, batch"] == pytest.approx(rates[0] / rates[1])
