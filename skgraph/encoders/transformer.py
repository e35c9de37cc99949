"""A transformer on the visible tokens of a skeleton."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.layers import Block, initialise
from skgraph.encoders.token_grid import GridEmbedding
from skgraph.errors import ConfigError
from skgraph.topology import Topology


class TransformerEncoder(Encoder):
    r"""Skeleton transformer (overview of S-JEPA, section 4.1): patch, joint and time embeddings, pre-norm blocks.

    A token is one joint over ``patch_length`` frames,

    .. math:: e_j^t = \mathrm{Linear}(p_j^t) + E_{joint}[j] + E_{time}[t],

    and only visible tokens are embedded and attended to: hidden joints cannot reach the output, and a mask of 90 %
    saves 90 % of the work.

    Args:
        topology: the skeleton; gives the joint count ``V``.
        frames: frames of a clip, ``T``.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        dim: width ``D``.
        depth: blocks.
        heads: attention heads.
        mlp_ratio: hidden width of the MLPs over ``dim``.
        joint_embedding: ``"table"`` learns an embedding of every joint; ``"graph"`` computes it from the topology, see
            :class:`~skgraph.encoders.JointEmbedding`, so that one encoder serves any skeleton.
        drop_path: drop probability of the last block's residual branches, rising linearly from 0.
        gradient_checkpointing: recompute activations in the backward pass to save memory.

    Raises:
        ConfigError: ``patch_length`` does not divide ``frames``, or ``heads`` does not divide ``dim``.

    >>> from skgraph import Topology
    >>> encoder = TransformerEncoder(Topology.load("ntu_rgbd"), frames=16, patch_length=4, dim=32, depth=1, heads=4)
    >>> encoder(torch.zeros(2, 16, 25, 3)).shape, encoder(torch.zeros(2, 16, 25, 3), torch.tensor([[0, 7]] * 2)).shape
    (torch.Size([2, 100, 32]), torch.Size([2, 2, 32]))
    """

    static_shapes = True

    def __init__(
        self,
        topology: Topology,
        frames: int,
        channels: int = 3,
        patch_length: int = 1,
        dim: int = 256,
        depth: int = 8,
        heads: int = 8,
        mlp_ratio: float = 4.0,
        joint_embedding: Literal["table", "graph"] = "table",
        drop_path: float = 0.0,
        gradient_checkpointing: bool = False,
    ) -> None:
        super().__init__(topology, frames, channels, patch_length, dim)
        at_least("TransformerEncoder", 1, depth=depth, heads=heads)
        if depth > 1000:  # would take minutes to build
            raise ConfigError(f"TransformerEncoder: depth must be at most 1000, found {depth}")
        if not 0 <= drop_path < 1:
            raise ConfigError(f"TransformerEncoder: drop_path must be in [0, 1), found {drop_path}")
        self.gradient_checkpointing = gradient_checkpointing
        self.embed = nn.Linear(patch_length * channels, dim)
        if joint_embedding not in ("table", "graph"):
            raise ConfigError(f"TransformerEncoder: joint_embedding must be table or graph, found '{joint_embedding}'")
        self.positions = GridEmbedding(self.grid, dim, topology if joint_embedding == "graph" else None)
        rates = torch.linspace(0, drop_path, depth).tolist()
        self.blocks = nn.ModuleList(Block(dim, heads, mlp_ratio, rate) for rate in rates)
        self.norm = nn.LayerNorm(dim)
        self.apply(initialise)

    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        x = self.embed(self.raw_tokens(joints, visible)) + self.positions(visible)
        for block in self.blocks:
            if self.gradient_checkpointing and torch.is_grad_enabled():
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        return self.norm(x)
