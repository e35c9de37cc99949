from __future__ import annotations

import pytest
import torch

from skgraph.errors import ConfigError
from skgraph.objectives import PyramidDecoder

GRID = (12, 5)


def decoder(targets=(2, 6, "g"), levels=(2, 6), grid=GRID, **options):
    torch.manual_seed(0)
    out_dims = {target: 7 if target == "g" else 3 for target in targets}
    options = {"dim": 16, "heads": 2, "hidden_dim": 8, "global_dim": 8} | options
    return PyramidDecoder(4, grid, out_dims, levels, **options).eval()


def tokens(batch=3, visible=6):
    generator = torch.Generator().manual_seed(0)
    index = torch.rand(batch, 60, generator=generator).argsort(dim=1)[:, :visible]
    return torch.randn(batch, visible, 4, generator=generator), index


def test_the_papers_251_targets():
    paper = PyramidDecoder(8, (30, 25), {5: 2, 10: 2, 30: 2, "g": 2}, dim=8, heads=2, hidden_dim=4, global_dim=4)
    predictions = paper(torch.randn(1, 75, 8), torch.arange(75)[None])
    assert [x.shape[1] for x in predictions.values()] == [150, 75, 25, 1]


def test_shapes():
    shapes = {target: tuple(x.shape) for target, x in decoder()(*tokens()).items()}
    assert shapes == {2: (3, 30, 3), 6: (3, 10, 3), "g": (3, 1, 7)}


def test_projectors_with_batch_norm():
    """Rows of all bodies and positions have mean 0 and deviation 1 behind the first norm, as in VICReg."""
    pyramid = decoder(projector_norm="batch")
    x = torch.randn(3, 30, 16)
    y = pyramid.projectors["2"][:2](x)
    torch.testing.assert_close(y.mean(dim=(0, 1)), torch.zeros(8), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(dim=(0, 1), correction=0), torch.ones(8), atol=1e-3, rtol=0)
    assert {target: tuple(x.shape) for target, x in pyramid(*tokens()).items()}[2] == (3, 30, 3)
    with pytest.raises(ConfigError, match="projector_norm must be 'layer' or 'batch', found 'group'"):
        decoder(projector_norm="group")


def test_first_windows_are_averages_of_all_tokens():
    module, (latents, visible) = decoder(), tokens()
    whole = (module.mask_token + module.positions()).repeat(3, 1, 1)  # [B, L, D], written out
    for b in range(3):
        for k, token in enumerate(visible[b].tolist()):
            whole[b, token] = module.embed(latents[b, k]) + module.positions()[token]
    expected = whole.view(3, 6, 2, 5, 16).mean(dim=2).flatten(1, 2)
    assert torch.allclose(module._first_windows(latents, visible), expected, atol=1e-6)


def test_the_order_of_the_visible_tokens_is_no_matter():
    module, (latents, visible) = decoder(), tokens()
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    for a, b in zip(
        module(latents, visible).values(), module(latents[:, order], visible[:, order]).values(), strict=True
    ):
        assert torch.allclose(a, b, atol=1e-5)


def test_blocks_above_the_coarsest_target_are_not_built():
    assert len(decoder(targets=(2,)).blocks) == 1
    assert len(decoder(targets=("g",)).blocks) == 2
    assert list(decoder(targets=("g",))(*tokens())) == ["g"]


@pytest.mark.parametrize(
    ("levels", "targets", "message"),
    [
        ((2, 5), (2,), "each level must be a multiple of the one before, found 2 and then 5"),
        ((5,), (5,), "windows of 5 patches do not divide the 12 patches"),
        ((), ("g",), "levels must be window lengths"),
        ((2, 6), (3,), r"targets are window lengths among the levels \[2, 6\], or 'g' .* found 3"),
        ((2, 6), ("global",), "found 'global'"),
    ],
)
def test_windows_that_do_not_fit(levels, targets, message):
    with pytest.raises(ConfigError, match=message):
        decoder(targets, levels)
