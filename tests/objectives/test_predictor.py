from __future__ import annotations

import torch

from skgraph.objectives import Predictor


def test_shape_and_every_parameter_learns():
    torch.manual_seed(0)
    predictor = Predictor(in_dim=16, grid=(4, 5), out_dim=12, dim=8, depth=2, heads=2)
    order = torch.rand(3, 20).argsort(dim=1)
    visible, masked = order[:, :6], order[:, 6:]
    out = predictor(torch.randn(3, 6, 16), visible, masked)
    assert out.shape == (3, 14, 12)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in predictor.parameters())


def test_predictions_follow_the_order_of_masked():
    predictor = Predictor(in_dim=16, grid=(4, 5), out_dim=12, dim=8, depth=2, heads=2).eval()
    visible, masked = torch.arange(6)[None], torch.arange(6, 20)[None]
    latents = torch.randn(1, 6, 16)
    assert torch.allclose(
        predictor(latents, visible, masked).flip(1), predictor(latents, visible, masked.flip(1)), atol=1e-5
    )


def test_a_mask_token_knows_its_place():
    predictor = Predictor(in_dim=16, grid=(4, 5), out_dim=12, dim=8, depth=1, heads=2).eval()
    out = predictor(torch.randn(1, 6, 16), torch.arange(6)[None], torch.arange(6, 20)[None])
    assert (out[0, 1:] - out[0, :1]).abs().amax(dim=1).min() > 1e-4
