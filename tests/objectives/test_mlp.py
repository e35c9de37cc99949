import torch
from torch import nn

from skgraph.objectives.mlp import BatchNorm, mlp


def test_layers_have_a_norm_and_an_activation_between_them():
    kinds = [type(step) for step in mlp(3, 5, 2, layers=3, norm=BatchNorm)]
    assert kinds == [nn.Linear, BatchNorm, nn.GELU, nn.Linear, BatchNorm, nn.GELU, nn.Linear]
    assert mlp(3, 5, 2, layers=1)(torch.zeros(4, 3)).shape == (4, 2)


def test_batch_norm_takes_the_statistics_of_the_batch_in_training_and_in_evaluation():
    norm, x = BatchNorm(4), torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    expected = (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + 1e-5).sqrt()
    assert torch.allclose(norm(x), expected, atol=1e-5) and torch.allclose(norm.eval()(x), expected, atol=1e-5)
    assert set(norm.state_dict()) == {"weight", "bias"}
