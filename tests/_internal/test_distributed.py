import os
import sys
import types

import torch
from torch import distributed as dist
from torch import multiprocessing

from skgraph._internal.distributed import Processes, mean_over_ranks, num_ranks, process_group
from skgraph.objectives.vicreg import vicreg_terms
from skgraph.training.devices import choose_device


def test_one_process_is_its_own_mean():
    x = torch.tensor([1.0, 2.0])
    assert num_ranks() == 1
    assert mean_over_ranks(x) is x and x.tolist() == [1, 2]


def test_two_processes_share_their_statistics(tmp_path):
    multiprocessing.start_processes(_rank, (str(tmp_path / "meeting"),), 2, start_method="forkserver")


def _rank(rank: int, meeting: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    assert num_ranks() == 2
    assert mean_over_ranks(torch.tensor([1.0 + rank, 4.0])).tolist() == [1.5, 4]
    whole = torch.randn(8, 3, 5, generator=torch.Generator().manual_seed(0))
    shared = vicreg_terms(whole[rank::2])
    dist.destroy_process_group()
    for mine, alone in zip(shared, vicreg_terms(whole), strict=True):
        assert torch.allclose(mine, alone, atol=1e-6)


def test_alone_without_torchrun(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with process_group(torch.device("cpu")) as processes:
        assert processes == Processes(0, 1) and processes.is_main
        assert processes.any(True, torch.device("cpu")) and not processes.any(False, torch.device("cpu"))


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
    with process_group(torch.device("cpu")):
        assert "WORLD_SIZE" not in os.environ  # not a task
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    choose_device("cpu")  # which GPU it is depends on the local rank
    assert os.environ["LOCAL_RANK"] == "0"
    with process_group(torch.device("cpu")) as processes:
        assert os.environ["WORLD_SIZE"] == "1" and processes.world_size == 1
