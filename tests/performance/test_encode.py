from skgraph.performance.encode import benchmark_encode
from tests.performance.small import small_pretraining


def test_speed_and_latency():
    measured = benchmark_encode(small_pretraining(), "ntu_rgbd", bodies=4, repeats=2, latencies=5)
    assert measured["bodies/s"] > 0
    for kind in ("single", "streamed frame"):
        assert 0 < measured[f"{kind}, ms, p50"] <= measured[f"{kind}, ms, p99"]
