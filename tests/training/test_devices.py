from __future__ import annotations

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.training.devices import autocast, choose_device


def test_auto_is_cuda_where_there_is_one():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99"])
def test_devices_that_do_not_exist(name):
    with pytest.raises(ConfigError, match=name):
        choose_device(name)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_precision(precision, dtype):
    with autocast(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    with pytest.raises(ConfigError, match="fp8"):
        autocast(torch.device("cpu"), "fp8")
