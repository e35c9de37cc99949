import pytest
import torch
from torch import nn

from skgraph.errors import ConfigError
from skgraph.training import compiling
from skgraph.training.compiling import compile_objective

CPU, GPU = torch.device("cpu"), torch.device("cuda")


class Objective(nn.Module):
    def __init__(self, static):
        super().__init__()
        self.encoder = nn.Identity()
        self.encoder.static_shapes = static

    def compile(self, **options):
        self.options = options


@pytest.mark.parametrize(
    ("wanted", "device", "static", "done"),
    [
        (True, CPU, True, True),
        (True, GPU, False, True),
        (False, GPU, True, False),
        ("auto", CPU, True, False),
        ("auto", GPU, True, True),
        ("auto", GPU, False, False),
    ],
)
def test_where_it_is_asked_for_or_helps(wanted, device, static, done, monkeypatch):
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: name == "triton")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    objective = Objective(static)
    assert compile_objective(objective, wanted, device) is done
    assert vars(objective).get("options") == ({"dynamic": False} if done else None)


def test_graphs_are_recorded_where_there_are_any():
    objective = Objective(True)
    assert compile_objective(objective, "graphs", GPU)
    assert objective.options == {"dynamic": False, "mode": "reduce-overhead"}


@pytest.mark.parametrize(
    ("device", "static", "reason"),
    [(CPU, True, "cpu has none"), (GPU, False, "shapes differ between batches")],
)
def test_graphs_are_refused_elsewhere(device, static, reason):
    with pytest.raises(ConfigError, match=f"trainer.compile=graphs records CUDA graphs, but {reason}: say auto"):
        compile_objective(Objective(static), "graphs", device)


def test_without_triton_or_on_an_old_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: None)
    assert not compile_objective(Objective(True), "auto", GPU)
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (6, 1))
    assert not compile_objective(Objective(True), "auto", GPU)
