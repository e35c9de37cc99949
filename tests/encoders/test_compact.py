import math

import pytest
import torch
from torch.nn import functional as F

from skgraph.checks import check_encoder
from skgraph.encoders import CompactEncoder
from skgraph.errors import ConfigError, DataError


def made(topology, **options) -> CompactEncoder:
    torch.manual_seed(0)
    return CompactEncoder(topology, frames=32, **{"dim": 16, "depth": 2, "heads": 2, **options})


def joints(frames=32):
    return torch.randn(3, frames, 25, 3, generator=torch.Generator().manual_seed(1))


def written_out(encoder, x, hidden):
    """The forward pass by the specification, one body and one head at a time."""
    patches, heads, width = x.size(1) // 8, 2, 8
    outputs = []
    for body, covered in zip(x, hidden, strict=True):
        rows = []
        for t in range(patches):
            for v in range(25):
                raw = body[8 * t : 8 * t + 8, v].flatten()
                token = encoder.mask_token if covered[25 * t + v] else raw @ encoder.embed.weight.T + encoder.embed.bias
                rows.append(token + encoder.joint_embedding[v])
        z = torch.stack([encoder.class_token, *encoder.register_tokens, *rows])
        time = [0] * 5 + [t for t in range(patches) for _ in range(25)]
        for block in encoder.blocks:
            y = F.layer_norm(z, (16,), block.norm1.weight, block.norm1.bias, 1e-6)
            q, k, value = (block.attention.qkv(y)).chunk(3, dim=-1)
            mixed = []
            for h in range(heads):
                part = slice(width * h, width * (h + 1))
                q_h, k_h = (turned(x[:, part], time, width) for x in (q, k))
                mixed.append((q_h @ k_h.T / math.sqrt(width)).softmax(dim=-1) @ value[:, part])
            z = z + block.attention.out(torch.cat(mixed, dim=-1))
            y = F.layer_norm(z, (16,), block.norm2.weight, block.norm2.bias, 1e-6)
            both = block.mlp.gate_and_value(y)
            half = both.size(-1) // 2
            z = z + block.mlp.out(F.silu(both[:, :half]) * both[:, half:])
        z = F.layer_norm(z, (16,), encoder.norm.weight, encoder.norm.bias, 1e-6)
        outputs.append(z)
    z = torch.stack(outputs)
    return z[:, 0], z[:, 5:]


def turned(x, time, width):
    rows = []
    for row, t in zip(x, time, strict=True):
        angle = torch.tensor([t * 10000 ** (-2 * i / width) for i in range(width // 2)]).repeat(2)
        rotated_half = torch.cat([-row[width // 2 :], row[: width // 2]])
        rows.append(row * angle.cos() + rotated_half * angle.sin())
    return torch.stack(rows)


@torch.no_grad()
def test_it_computes_what_the_specification_says(topology):
    encoder = made(topology)
    for tokens in (encoder.class_token, encoder.register_tokens, encoder.mask_token):
        tokens.copy_(torch.randn(tokens.shape))
    hidden = torch.rand(3, 100, generator=torch.Generator().manual_seed(2)) < 0.6
    for mine, expected in zip(
        encoder.encode_grid(joints(), hidden), written_out(encoder, joints(), hidden), strict=True
    ):
        assert torch.allclose(mine, expected, atol=1e-5)


def test_the_published_size_has_a_feed_forward_of_688(topology):
    encoder = CompactEncoder(topology, frames=64)
    assert encoder.grid == (8, 25) and encoder.blocks[0].mlp.out.in_features == 688
    assert len(encoder.register_tokens) == 4


def test_it_keeps_the_contract(topology):
    check_encoder(made(topology), frames=32)
    check_encoder(made(topology, registers=0), frames=32)


@pytest.mark.parametrize("frames", [8, 16, 32, 64])
def test_any_number_of_patches(topology, frames):
    assert made(topology)(joints(frames)).shape == (3, frames // 8 * 25, 16)


def test_frames_that_are_no_patches(topology):
    with pytest.raises(DataError, match=r"expects joints \[B, a multiple of 8, 25, 3\], found \[3, 12, 25, 3\]"):
        made(topology)(joints(12))


@torch.no_grad()
def test_time_enters_by_rotation_alone(topology):
    encoder, x = made(topology, depth=1), joints()
    torch.nn.init.normal_(encoder.blocks[0].attention.qkv.weight)
    backwards = x.unflatten(1, (4, 8)).flip(1).flatten(1, 2)  # patches in the opposite order

    def alike():
        turned_back = encoder(backwards).unflatten(1, (4, 25)).flip(1).flatten(1, 2)
        return torch.allclose(encoder(x), turned_back, atol=1e-5)

    assert not alike()
    encoder.frequencies.zero_()
    assert alike()


def test_initial_weights(topology):
    paper, xavier = made(topology, dim=64), made(topology, dim=64, initialisation="xavier")
    for weight in (paper.embed.weight, paper.blocks[0].attention.qkv.weight, paper.blocks[1].mlp.out.weight):
        assert 0.019 < weight.std() < 0.021
    bound = (6 / (64 + 3 * 64)) ** 0.5
    weight = xavier.blocks[0].attention.qkv.weight
    assert 0.95 * bound < weight.abs().max() <= bound
    with pytest.raises(ConfigError, match="initialisation must be truncated or xavier, found 'small'"):
        made(topology, initialisation="small")


def test_heads_need_an_even_width(topology):
    with pytest.raises(ConfigError, match="dim must be a multiple of 2 \\* heads, found 18 with 6 heads"):
        made(topology, dim=18, heads=6)
