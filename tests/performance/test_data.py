import pytest

from skgraph.performance.data import benchmark_data
from tests.test_configs import SMALL, composed


def test_the_share_of_the_data_path(store_path):
    config = composed("dataset=store", f"dataset.root={store_path}", "patch_length=4", *SMALL)
    measured = benchmark_data(config, batch_size=16, repeats=3)
    assert measured["gather_ms"] > 0  # no order of times: it would fail on a busy machine
    step = measured["data_path_ms"] + measured["training_step_ms"]
    assert measured["data_path_share_of_step"] == pytest.approx(measured["data_path_ms"] / step)
