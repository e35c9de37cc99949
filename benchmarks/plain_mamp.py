"""MAMP's pre-training written plainly, as a baseline of the same mathematics for the speed of skgraph's.

Attention is an explicit softmax, both bodies of every clip are encoded, present or not, clips are cropped and resampled
one by one, and everything is computed in float32: the style of the published code of masked skeleton models, written
here from MAMP's paper (Mao et al., ICCV 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skgraph.performance.train import benchmark_train
from skgraph.topology import Topology
from skgraph.training.devices import choose_device

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
    """Prediction of the normalised motion of the masked 90 % of tokens, for both bodies of every clip.

    Args:
        frames: frames of a clip.
        patch_length: frames of a token.
        joints: joints of a body.
        channels: coordinates of a joint.
        dim: width of encoder and decoder.
        depth: layers of the encoder.
        heads: attention heads.
        decoder_depth: layers of the decoder.
        ratio: share of masked tokens.
        temperature: temperature of MAMP's motion-aware mask.
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
        patches, width = frames // patch_length, patch_length * channels
        self.embed = nn.Linear(width, dim)
        self.positions = nn.ParameterList(
            nn.Parameter(torch.randn(1, *shape, dim) * 0.02) for shape in [(patches, 1), (1, joints)] * 2
        )
        self.encoder = nn.Sequential(*(_Block(dim, heads) for _ in range(depth)), nn.LayerNorm(dim))
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.to_decoder = nn.Linear(dim, dim)
        self.decoder = nn.Sequential(*(_Block(dim, heads) for _ in range(decoder_depth)), nn.LayerNorm(dim))
        self.head = nn.Linear(dim, width)

    def forward(self, clips: Tensor) -> Tensor:
        """Compute the loss of clips ``[N, 2, T, V, C]``."""
        x = clips.flatten(0, 1)  # absent bodies included
        motion = torch.zeros_like(x)
        motion[:, :-1] = x[:, 1:] - x[:, :-1]
        patches, target = self._patches(x), self._patches(motion)
        tokens = self.embed(patches) + (self.positions[0] + self.positions[1]).flatten(1, 2)
        batch, count, dim = tokens.shape
        kept = count - int(self.ratio * count)
        # Gumbel noise on the logarithm of each token's share of the motion: moving tokens are masked more often.
        amount = target.abs().sum(dim=-1)
        logits = torch.log((amount / (amount.amax(dim=1, keepdim=True) + 1e-6) / self.temperature).softmax(dim=-1))
        noise = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-9, 1 - 1e-7)))
        shuffled = torch.argsort(logits + noise, dim=1)
        order = torch.argsort(shuffled, dim=1)
        masked = (order >= kept).float()
        visible = torch.gather(tokens, 1, shuffled[:, :kept, None].expand(-1, -1, dim))
        latent = self.to_decoder(self.encoder(visible))
        filled = torch.cat([latent, self.mask_token.expand(batch, count - kept, -1)], dim=1)
        filled = torch.gather(filled, 1, order[..., None].expand(-1, -1, dim))
        decoded = self.head(self.decoder(filled + (self.positions[2] + self.positions[3]).flatten(1, 2)))
        mean, variance = target.mean(dim=-1, keepdim=True), target.var(dim=-1, keepdim=True)
        error = (decoded - (target - mean) / (variance + 1e-6) ** 0.5).square().mean(dim=-1)
        return (error * masked).sum() / masked.sum()

    def _patches(self, x: Tensor) -> Tensor:
        """Cut bodies ``[B, T, V, C]`` into tokens ``[B, L, l * C]``."""
        batch, frames, joints, channels = x.shape
        x = x.reshape(batch, frames // self.patch_length, self.patch_length, joints, channels)
        return x.permute(0, 1, 3, 2, 4).reshape(batch, -1, self.patch_length * channels)


def random_clips(count: int, joints: int, channels: int) -> list[Tensor]:
    """Return clips ``[2, T, V, C]`` of 60 to 140 frames, most with one body, as in NTU RGB+D."""
    generator = torch.Generator().manual_seed(0)
    clips = []
    for i in range(count):
        frames = 60 + int(torch.randint(81, (1,), generator=generator))
        clip = torch.randn(_BODIES, frames, joints, channels, generator=generator).mul(0.01).cumsum(dim=1)
        clip[1] *= i % 6 == 0
        clips.append(clip)
    return clips


def plain_batch(clips: list[Tensor], frames: int) -> Tensor:
    """Crop a random half or more of each clip and resample it to ``frames``: ``[N, 2, T, V, C]``."""
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


def benchmark_plain_mamp(
    configs: Mapping[str, Mapping[str, Any]],
    topology: str,
    bodies: int,
    repeats: int,
    reference: str,
    plain_clips: int,
    profiles: str | None = None,
) -> dict[str, float]:
    """Run :func:`skgraph.performance.train.benchmark_train` with :class:`PlainMAMP` of the reference's sizes.

    Args:
        configs, topology, bodies, repeats, reference, profiles: arguments of that function.
        plain_clips: clips in a batch of the plain MAMP.

    Returns:
        Results of the training steps, with the speed over the plain MAMP's, and the plain MAMP's clips per second.
    """
    step = _training_step(configs[reference], Topology.load(topology), plain_clips)
    baselines = {"plain_mamp": (step, plain_clips)}
    return benchmark_train(configs, topology, bodies, repeats, reference, profiles, baselines)


def _training_step(config: Mapping[str, Any], topology: Topology, clips: int) -> Callable[[], None]:
    encoder, device = config["encoder"], choose_device(config["device"])
    objective = PlainMAMP(
        config["frames"],
        config["patch_length"],
        topology.num_joints,
        topology.dim,
        encoder["dim"],
        encoder["depth"],
        encoder["heads"],
        config["objective"]["decoder"]["depth"],
    ).to(device)
    optimizer = torch.optim.AdamW(objective.parameters(), 1e-4, betas=(0.9, 0.95), weight_decay=0.05, foreach=False)
    whole = random_clips(clips, topology.num_joints, topology.dim)

    def step() -> None:
        loss = objective(plain_batch(whole, config["frames"]).to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
