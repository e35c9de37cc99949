import torch
from torch import nn

from skgraph.performance.training_step import TrainingStep


class TwoLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x):
        return self.linear(x).tanh().sum(), {}

    def after_step(self, progress):
        self.progress = progress


def training_step():
    return TrainingStep(TwoLayers(), lambda: (torch.randn(16, 8),), torch.device("cpu"), "fp32")


def test_saved_bytes_are_activations_without_weights():
    """A linear layer saves its input, a tanh its output."""
    assert training_step().saved_bytes() == 4 * 16 * (8 + 4)


def test_flops_of_forward_and_backward():
    """The weights' gradient costs as much as the forward pass; the input needs none."""
    assert training_step().flops() == 2 * (2 * 16 * 8 * 4)


def test_a_step_trains_and_its_phases_are_timed():
    step = training_step()
    before = step.objective.linear.weight.clone()
    step()
    assert not step.phases and not torch.equal(before, step.objective.linear.weight)
    step(apart=True)
    assert list(step.phases) == ["views", "forward", "backward", "update"]
