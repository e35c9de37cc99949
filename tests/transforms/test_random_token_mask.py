import torch

from skgraph.transforms import RandomTokenMask


def test_random_token_mask():
    mask = RandomTokenMask(ratio=0.7, patch_length=2)
    assert repr(mask) == "RandomTokenMask(ratio=0.7, patch_length=2)"
    visible, masked = mask.draw(torch.zeros(10_000, 4, 5, 3), torch.Generator().manual_seed(0))
    assert visible.shape == (10_000, 3) and masked.shape == (10_000, 7)
    assert ((masked.flatten().bincount() / 10_000 - 0.7).abs() < 0.02).all()
