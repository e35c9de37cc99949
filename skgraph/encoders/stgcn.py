"""Spatial-temporal graph convolutions over the skeleton."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.layers import initialise
from skgraph.errors import ConfigError
from skgraph.topology import Topology


class STGCNEncoder(Encoder):
    """Spatial-temporal graph convolutional network (Yan et al., AAAI 2018) that ends on the token grid.

    Each block convolves over the bones (one weight matrix for a joint itself, its parent and its children, and a
    learned factor on every edge) and then over time; temporal strides whose product is ``patch_length`` bring ``T``
    frames to ``T_e`` patches. Hidden tokens are replaced by a learned mask token *before* the first block: hidden
    joints cannot reach the output.

    LayerNorm over channels replaces the paper's BatchNorm: a target encoder would lag behind running statistics, and
    they would mix visible with hidden joints.

    Args:
        topology: the skeleton.
        frames: frames of the input, ``T``.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        widths: channels of each block. The default is the paper's, 3.1 M parameters.
        kernel_size: frames that a temporal convolution spans; odd.

    Raises:
        ConfigError: ``patch_length`` does not divide ``frames``, or is too long for the kernel.
    """

    static_shapes = True

    def __init__(
        self,
        topology: Topology,
        frames: int,
        channels: int = 3,
        patch_length: int = 4,
        widths: Sequence[int] = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256),
        kernel_size: int = 9,
    ) -> None:
        if not widths or kernel_size % 2 == 0:
            raise ConfigError(f"widths and an odd kernel_size are needed, found {list(widths)} and {kernel_size}")
        at_least("STGCNEncoder", 1, kernel_size=kernel_size, width=min(widths))
        super().__init__(topology, frames, channels, patch_length, dim=widths[-1])
        self.embed = nn.Linear(channels, widths[0])
        # Replaces the paper's BatchNorm of each joint's coordinates: distinguishes joints.
        self.joint_embedding = nn.Parameter(torch.empty(topology.num_joints, widths[0]))
        self.mask_token = nn.Parameter(torch.empty(widths[0]))
        adjacency = topology.partitions()
        self.blocks = nn.ModuleList(
            STGCNBlock(before, after, adjacency, kernel_size, stride)
            for before, after, stride in zip(
                (widths[0], *widths), widths, _strides(patch_length, widths, kernel_size), strict=False
            )
        )
        self.norm = nn.LayerNorm(self.dim)
        self.apply(initialise)
        nn.init.normal_(self.joint_embedding, std=0.02)
        nn.init.normal_(self.mask_token, std=0.02)

    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        x = self.embed(joints)
        if visible is not None:
            seen = torch.zeros(len(x), math.prod(self.grid), dtype=torch.bool, device=x.device)
            seen = seen.scatter_(1, visible, True).view(-1, self.grid[0], 1, self.grid[1], 1)
            seen = seen.expand(-1, -1, self.patch_length, -1, -1).flatten(1, 2)  # [B, T, V, 1]
            x = torch.where(seen, x, self.mask_token.to(x.dtype))
        x = x + self.joint_embedding.to(x.dtype)
        for block in self.blocks:
            x = block(x)
        tokens = self.norm(x).flatten(1, 2)  # [B, T_e * V, D]
        return tokens if visible is None else tokens.gather(1, visible[..., None].expand(-1, -1, self.dim))


class STGCNBlock(nn.Module):
    """A graph convolution, a temporal convolution, and a residual (Yan et al., AAAI 2018, section 3).

    Args:
        in_dim: channels before.
        out_dim: channels after.
        adjacency: partitions ``[K, V, V]`` of the skeleton's normalised adjacency: (set, receiving, sending joint).
        kernel_size: frames that the temporal convolution spans.
        stride: stride of the temporal convolution.
    """

    adjacency: Tensor

    def __init__(self, in_dim: int, out_dim: int, adjacency: Tensor, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.register_buffer("adjacency", adjacency.clone(), persistent=False)
        self.edge_weight = nn.Parameter(torch.ones_like(adjacency))
        self.spatial = nn.Linear(len(adjacency) * in_dim, out_dim)
        self.norm1 = nn.LayerNorm(out_dim)
        self.temporal = nn.Conv2d(out_dim, out_dim, (kernel_size, 1), (stride, 1), (kernel_size // 2, 0))
        self.norm2 = nn.LayerNorm(out_dim)
        self.shortcut = nn.Identity() if (in_dim, stride) == (out_dim, 1) else nn.Linear(in_dim, out_dim)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, T, V, in_dim]`` to ``[B, T / stride, V, out_dim]``."""
        y = F.relu(self.norm1(self.graph_convolution(x)))
        y = self.temporal(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # channels last in memory all the way
        return F.relu(self.norm2(y) + self.shortcut(x[:, :: self.stride]))

    def graph_convolution(self, x: Tensor) -> Tensor:
        r"""Compute :math:`\sum_k (A_k \circ M_k)\, x\, W_k` for every frame of ``x [B, T, V, in_dim]``."""
        sets, joints, _ = self.adjacency.shape
        edges = (self.adjacency * self.edge_weight).flatten(0, 1)  # [K * V, V]
        y = torch.matmul(edges.to(x.dtype), x)  # [B, T, K * V, in_dim]
        return self.spatial(y.unflatten(2, (sets, joints)).transpose(2, 3).flatten(3))


def _strides(patch_length: int, widths: Sequence[int], kernel_size: int) -> list[int]:
    """Return the strides of the blocks, whose product is ``patch_length``.

    As in the paper, blocks that grow in width have a stride; where a stride would exceed the kernel, all blocks but the
    first share it.
    """
    growing = [i for i in range(1, len(widths)) if widths[i] > widths[i - 1]]
    last = [len(widths) - 1]
    for strided in (growing or last, range(1, len(widths)) or last):
        strides = [1] * len(widths)
        for factor in _prime_factors(patch_length):
            strides[min(strided, key=lambda i: strides[i])] *= factor
        if max(strides) <= kernel_size:
            return strides
    raise ConfigError(
        f"patch_length {patch_length} needs a temporal stride of {max(strides)}, longer than the kernel of "
        f"{kernel_size} frames: frames would be skipped"
    )


def _prime_factors(number: int) -> list[int]:
    factors, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    return factors[::-1]
