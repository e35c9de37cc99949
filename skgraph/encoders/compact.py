"""A transformer on the whole of a small token grid, with a class token and rotary time."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from skgraph._internal.options import at_least
from skgraph.encoders.encoder import Encoder
from skgraph.encoders.joint_embedding import JointEmbedding, joint_vectors
from skgraph.encoders.layers import Block, initialise, initialise_truncated
from skgraph.errors import ConfigError
from skgraph.topology import Topology

_BASE = 10_000.0  # base of the rotary frequencies


class CompactEncoder(Encoder):
    r"""Transformer of SLiM (Do et al., 2026): long patches, a class token, registers, rotary time, SwiGLU.

    A token is one joint over ``patch_length`` frames. Hidden tokens become one learned mask token, before the joint
    embedding is added, so that the encoder runs on the whole grid and its outputs at hidden places are predictions.
    Time enters as a rotation of queries and keys by :math:`t \cdot 10000^{-2i/d}`, the same for all joints of a patch
    and none for the class token and the registers: one encoder takes any number of patches.

    Args:
        topology: the skeleton; gives the joint count ``V``.
        frames: frames of a clip, ``T``, of the grid that evaluations use.
        channels: coordinates of a joint, ``C``.
        patch_length: frames of a token, ``l``; divides ``frames``.
        dim: width ``D``.
        depth: blocks.
        heads: attention heads.
        registers: extra tokens without an output of their own.
        joint_embedding: ``"table"`` learns an embedding of every joint; ``"graph"`` computes it from the topology, see
            :class:`~skgraph.encoders.JointEmbedding`, so that one encoder serves any skeleton.
        initialisation: of linear layers: ``"truncated"``, normal of deviation 0.02 as in the paper, or ``"xavier"``,
            uniform and two to four times as large, for short trainings.

    Raises:
        ConfigError: ``patch_length`` does not divide ``frames``, ``heads`` does not divide ``dim`` into even widths, or
            the initialisation is unknown.

    >>> from skgraph import Topology
    >>> encoder = CompactEncoder(Topology.load("ntu_rgbd"), frames=64, dim=32, depth=1, heads=4)
    >>> encoder(torch.zeros(2, 64, 25, 3)).shape, encoder(torch.zeros(2, 16, 25, 3)).shape
    (torch.Size([2, 200, 32]), torch.Size([2, 50, 32]))
    """

    any_length = True
    static_shapes = True

    def __init__(
        self,
        topology: Topology,
        frames: int,
        channels: int = 3,
        patch_length: int = 8,
        dim: int = 256,
        depth: int = 8,
        heads: int = 8,
        registers: int = 4,
        joint_embedding: Literal["table", "graph"] = "table",
        initialisation: Literal["truncated", "xavier"] = "truncated",
    ) -> None:
        super().__init__(topology, frames, channels, patch_length, dim)
        at_least("CompactEncoder", 1, depth=depth, heads=heads)
        at_least("CompactEncoder", 0, registers=registers)
        if dim % (2 * heads):
            raise ConfigError(f"CompactEncoder: dim must be a multiple of 2 * heads, found {dim} with {heads} heads")
        if joint_embedding not in ("table", "graph"):
            raise ConfigError(f"CompactEncoder: joint_embedding must be table or graph, found '{joint_embedding}'")
        if initialisation not in ("truncated", "xavier"):
            raise ConfigError(f"CompactEncoder: initialisation must be truncated or xavier, found '{initialisation}'")
        self.embed = nn.Linear(patch_length * channels, dim)
        self.joint_embedding: nn.Parameter | JointEmbedding = (
            nn.Parameter(torch.empty(self.grid[1], dim))
            if joint_embedding == "table"
            else JointEmbedding(topology, dim)
        )
        self.class_token = nn.Parameter(torch.empty(dim))
        self.register_tokens = nn.Parameter(torch.empty(registers, dim)) if registers else None
        self.mask_token = nn.Parameter(torch.zeros(dim))
        self.blocks = nn.ModuleList(Block(dim, heads, swiglu=True, eps=1e-6) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        width = dim // heads
        self.register_buffer("frequencies", _BASE ** (-torch.arange(0, width, 2) / width), persistent=False)
        self.apply(initialise_truncated if initialisation == "truncated" else initialise)
        if isinstance(self.joint_embedding, nn.Parameter):
            nn.init.trunc_normal_(self.joint_embedding, std=0.02)
        for tokens in (self.class_token, self.register_tokens):
            if tokens is not None:
                nn.init.normal_(tokens, std=1e-6)

    frequencies: Tensor

    def encode(self, joints: Tensor, visible: Tensor | None) -> Tensor:
        if visible is None:
            return self.encode_grid(joints)[1]
        patches = joints.size(1) // self.patch_length
        hidden = torch.ones(joints.size(0), patches * self.grid[1], dtype=torch.bool, device=joints.device)
        tokens = self.encode_grid(joints, hidden.scatter(1, visible, False))[1]
        return tokens.gather(1, visible[..., None].expand(-1, -1, self.dim))

    def encode_grid(self, joints: Tensor, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Encode bodies with some tokens hidden.

        Args:
            joints: ``[B, T', V, C]``, ``T'`` any multiple of ``l``.
            hidden: ``[B, L']`` bool, True for tokens that become the mask token; none if not given.

        Returns:
            the class token ``[B, D]``, and the tokens of the whole grid ``[B, L', D]``.
        """
        tokens = self.embed(self.raw_tokens(joints, None))
        if hidden is not None:
            tokens = torch.where(hidden[..., None], self.mask_token.to(tokens.dtype), tokens)
        patches = joints.size(1) // self.patch_length
        tokens = tokens + joint_vectors(self.joint_embedding).repeat(patches, 1).to(tokens.dtype)
        front = self.class_token[None]
        if self.register_tokens is not None:
            front = torch.cat([front, self.register_tokens])
        x = torch.cat([front.to(tokens.dtype).expand(tokens.size(0), -1, -1), tokens], dim=1)
        time = torch.arange(patches, device=x.device).repeat_interleave(self.grid[1])
        angles = torch.cat([time.new_zeros(len(front)), time])[:, None] * self.frequencies
        for block in self.blocks:
            x = block(x, angles)
        x = self.norm(x)
        return x[:, 0], x[:, len(front) :]
