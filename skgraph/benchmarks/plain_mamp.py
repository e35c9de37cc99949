"""MAMP's pre-training as it is usually written, to measure what skgraph's costs less at the same mathematics.

Attention by an explicit softmax, both bodies of every clip whether they are there or not, clips cropped and resampled
one by one, all in float32: the style of the published code of masked skeleton models, written here from MAMP's paper
(Mao et al., ICCV 2023).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_BODIES = 2


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(dim), _Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PlainMAMP(nn.Module):
    """Predict the normalised motion of the hidden 90 % of patches, both bodies of every clip.

    Args:
        frames: of a clip.
        patch_length: frames a token.
        joints: of a body.
        channels: coordinates of a joint.
        dim: width of encoder and decoder.
        depth: layers of the encoder.
        heads: of attention.
        decoder_depth: layers of the decoder.
        ratio: of tokens that are hidden.
        temperature: of MAMP's motion-aware mask.
    """

    def __init__(
        self,
        frames: int,
        patch_length: int,
        joints: int,
        channels: int,
        dim: int,
        depth: int,
        heads: int,
        decoder_depth: int,
        ratio: float = 0.9,
        temperature: float = 0.8,
    ) -> None:
        super().__init__()
        self.frames, self.patch_length, self.ratio, self.temperature = frames, patch_length, ratio, temperature
        segments, width = frames // patch_length, patch_length * channels
        self.embed = nn.Linear(width, dim)
        self.places = nn.ParameterList(
            nn.Parameter(torch.randn(1, *shape, dim) * 0.02) for shape in [(segments, 1), (1, joints)] * 2
        )
        self.encoder = nn.Sequential(*(_Block(dim, heads) for _ in range(depth)), nn.LayerNorm(dim))
        self.hidden_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.to_decoder = nn.Linear(dim, dim)
        self.decoder = nn.Sequential(*(_Block(dim, heads) for _ in range(decoder_depth)), nn.LayerNorm(dim))
        self.head = nn.Linear(dim, width)

    def forward(self, clips: Tensor) -> Tensor:
        """The loss of clips ``[N, 2, T, V, C]``."""
        x = clips.flatten(0, 1)  # absent bodies too
        motion = torch.zeros_like(x)
        motion[:, :-1] = x[:, 1:] - x[:, :-1]
        patches, target = self._patches(x), self._patches(motion)
        tokens = self.embed(patches) + (self.places[0] + self.places[1]).flatten(1, 2)
        batch, count, dim = tokens.shape
        kept = count - int(self.ratio * count)
        # The tokens that move most are hidden soonest: noise on the logarithm of how much of the motion they have.
        amount = target.abs().sum(dim=-1)
        logits = torch.log((amount / (amount.amax(dim=1, keepdim=True) + 1e-6) / self.temperature).softmax(dim=-1))
        noise = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-9, 1 - 1e-7)))
        shuffled = torch.argsort(logits + noise, dim=1)
        order = torch.argsort(shuffled, dim=1)
        hidden = (order >= kept).float()
        visible = torch.gather(tokens, 1, shuffled[:, :kept, None].expand(-1, -1, dim))
        latent = self.to_decoder(self.encoder(visible))
        filled = torch.cat([latent, self.hidden_token.expand(batch, count - kept, -1)], dim=1)
        filled = torch.gather(filled, 1, order[..., None].expand(-1, -1, dim))
        decoded = self.head(self.decoder(filled + (self.places[2] + self.places[3]).flatten(1, 2)))
        mean, variance = target.mean(dim=-1, keepdim=True), target.var(dim=-1, keepdim=True)
        error = (decoded - (target - mean) / (variance + 1e-6) ** 0.5).square().mean(dim=-1)
        return (error * hidden).sum() / hidden.sum()

    def _patches(self, x: Tensor) -> Tensor:
        """Tokens ``[B, L, l * C]`` of bodies ``[B, T, V, C]``."""
        batch, frames, joints, channels = x.shape
        x = x.reshape(batch, frames // self.patch_length, self.patch_length, joints, channels)
        return x.permute(0, 1, 3, 2, 4).reshape(batch, -1, self.patch_length * channels)


def made_up_clips(count: int, joints: int, channels: int) -> list[Tensor]:
    """Clips ``[2, T, V, C]`` of 60 to 140 frames, most of them with one body, as NTU RGB+D has them."""
    generator = torch.Generator().manual_seed(0)
    clips = []
    for i in range(count):
        frames = 60 + int(torch.randint(81, (1,), generator=generator))
        clip = torch.randn(_BODIES, frames, joints, channels, generator=generator).mul(0.01).cumsum(dim=1)
        clip[1] *= i % 6 == 0
        clips.append(clip)
    return clips


def plain_batch(clips: list[Tensor], frames: int) -> Tensor:
    """Each clip's random window of half of its length to all of it, resampled to ``frames``: ``[N, 2, T, V, C]``."""
    out = []
    for clip in clips:
        length = clip.size(1)
        width = max(64, int(length * (0.5 + 0.5 * float(torch.rand(())))))
        start = int(torch.randint(max(1, length - width + 1), (1,)))
        window = clip[:, start : start + width]
        flat = window.permute(0, 2, 3, 1).flatten(0, 2)[None]  # [1, 2 V C, T]
        flat = F.interpolate(flat, size=frames, mode="linear", align_corners=False)
        out.append(flat.reshape(clip.size(0), clip.size(2), clip.size(3), frames).permute(0, 3, 1, 2))
    return torch.stack(out)
