from __future__ import annotations

import pytest
import torch

from skgraph.encoders.layers import Attention, Block, DropPath
from skgraph.errors import ConfigError


def test_attention_equals_the_formula():
    torch.manual_seed(0)
    attention = Attention(12, heads=3).double()
    x = torch.randn(2, 5, 12, dtype=torch.double)
    query, key, value = attention.qkv(x).view(2, 5, 3, 3, 4).unbind(2)  # each [B, tokens, heads, 4]
    weights = torch.einsum("bqhd,bkhd->bhqk", query, key).div(2).softmax(dim=-1)
    expected = attention.out(torch.einsum("bhqk,bkhd->bqhd", weights, value).reshape(2, 5, 12))
    assert torch.allclose(attention(x), expected)


def test_attention_does_not_depend_on_the_order_of_tokens():
    torch.manual_seed(0)
    block, x = Block(8, heads=2), torch.randn(1, 6, 8)
    order = torch.randperm(6)
    assert torch.allclose(block(x)[:, order], block(x[:, order]), atol=1e-6)


def test_heads_must_divide_the_width():
    with pytest.raises(ConfigError, match="3 heads for a width of 8"):
        Attention(8, heads=3)


def test_drop_path_keeps_the_mean_and_drops_whole_samples():
    torch.manual_seed(0)
    drop, x = DropPath(0.25), torch.ones(20_000, 1, 2)
    out = drop(x)
    assert out.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert torch.equal(out[..., 0], out[..., 1])
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    assert drop.eval()(x) is x
