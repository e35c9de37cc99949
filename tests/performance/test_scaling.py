import pytest

from skgraph.performance.scaling import benchmark_scaling
from tests.performance.small import MAMP, small_pretraining


def test_every_point_is_measured():
    config = small_pretraining(*MAMP) | {"precision": "fp32"}  # no copies of weights
    sizes = dict(frames=[16, 32], batches=[2, 4], topologies=["sbu_15", "ntu_rgbd"])
    measured = benchmark_scaling(config, "ntu_rgbd", bodies=2, repeats=1, **sizes)
    points = ["frames 16", "frames 32", "bodies 2", "bodies 4", "joints 15", "joints 25"]
    expected = {f"{point}, {unit}" for point in points for unit in ("ms", "MiB")}
    expected |= {f"{point}, exponent{of}" for point in points[1::2] for of in ("", " of memory")}
    assert set(measured) == expected
    # Twice the bodies: twice the operations, and twice the activations.
    assert measured["bodies 4, MiB"] == pytest.approx(2 * measured["bodies 2, MiB"], rel=0.01)
    assert measured["bodies 4, exponent of memory"] == pytest.approx(1, abs=0.01)
