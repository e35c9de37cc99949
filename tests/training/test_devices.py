from __future__ import annotations

import os
import sys
import types

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.training.devices import Processes, autocast, choose_device, processes


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


def test_alone_without_torchrun(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with processes(torch.device("cpu")) as group:
        assert group == Processes(0, 1, 0) and group.is_main
        assert group.any(True, torch.device("cpu")) and not group.any(False, torch.device("cpu"))


def test_tasks_of_submitit_are_processes(monkeypatch):
    """Its launcher starts the tasks, and submitit knows which is which."""
    exported = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}
    for key in (*exported, "MASTER_ADDR"):
        monkeypatch.delenv(key, raising=False)

    class Environment:
        def export(self, set_cuda_visible_devices):
            assert not set_cuda_visible_devices  # `choose_device` takes the GPU of the local rank
            for key, value in exported.items():
                monkeypatch.setenv(key, value)

    helpers = types.ModuleType("submitit.helpers")
    helpers.TorchDistributedEnvironment = Environment
    monkeypatch.setitem(sys.modules, "submitit", types.ModuleType("submitit"))
    monkeypatch.setitem(sys.modules, "submitit.helpers", helpers)
    with processes(torch.device("cpu")):
        assert "WORLD_SIZE" not in os.environ  # not a task
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    choose_device("cpu")  # which GPU it is depends on the local rank
    assert os.environ["LOCAL_RANK"] == "0"
    with processes(torch.device("cpu")) as group:
        assert os.environ["WORLD_SIZE"] == "1" and group.world_size == 1
