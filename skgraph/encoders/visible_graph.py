"""The graph of the visible tokens, joined by shortcuts across hidden ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor, nn

from skgraph.topology import Topology


class TokenEdge(IntEnum):
    """Type of an edge between two tokens."""

    BONE = 0
    TEMPORAL = 1
    SHORTCUT = 2


@dataclass(frozen=True)
class TokenGraph:
    """Edges between the tokens of a batch of bodies, in both directions.

    Attributes:
        edge_index: ``[2, E]`` over nodes ``b * K + k``.
        edge_type: ``[E]``, a :class:`TokenEdge`.
        hops: ``[E]`` steps that the edge spans in the grid of all tokens; 1 unless it is a shortcut.
    """

    edge_index: Tensor
    edge_type: Tensor
    hops: Tensor

    @property
    def edge_attr(self) -> Tensor:
        """Edge attributes ``[E, 4]``: the type, one-hot, and ``1 / hops``."""
        kinds = nn.functional.one_hot(self.edge_type, len(TokenEdge)).float()
        return torch.cat([kinds, 1 / self.hops[:, None]], dim=1)


class VisibleGraph(nn.Module):
    """Build the graph of the visible tokens of each body by contracting the hidden ones.

    All tokens form a grid: a bone joins two joints of a patch, time joins a joint with itself one patch later.
    Removing the hidden nine tenths would leave islands. Instead every hidden token is merged into the nearest visible
    one by hops (of two, the lower token id), and two visible tokens are joined where an edge of the grid joins their
    merged sets: an edge of the grid if they are neighbours, a *shortcut* otherwise. The graph is connected, as a
    quotient of a connected graph by connected cells is.

    Args:
        topology: the skeleton.
        patches: in time, ``T_e``.
    """

    EDGE_DIM = len(TokenEdge) + 1
    edges: Tensor
    hops: Tensor

    def __init__(self, topology: Topology, patches: int) -> None:
        super().__init__()
        joints = topology.num_joints
        token = torch.arange(patches * joints).view(patches, joints)
        bones = token[:, topology.edges].flatten(0, 1).T  # [2, T_e * (V - 1)]
        time = torch.stack([token[:-1].flatten(), token[1:].flatten()])
        self.register_buffer("edges", torch.cat([bones, time], dim=1), persistent=False)
        patch, joint = token.flatten() // joints, token.flatten() % joints
        hops = (patch[:, None] - patch).abs() + topology.hops[joint[:, None], joint]
        self.register_buffer("hops", hops.short(), persistent=False)  # [L, L]
        self.joints = joints

    def forward(self, visible: Tensor) -> TokenGraph:
        """Build the graph of the visible tokens ``[B, K]`` of every body."""
        batch, count = visible.shape
        tokens = len(self.hops)
        # Distance first, token id second, in one key: ties are broken the same way on every device.
        key = self.hops[visible].long() * tokens + visible[..., None]  # [B, K, L]
        owner = key.argmin(dim=1)  # [B, L]: the visible token that each token is merged into
        source, target = owner[:, self.edges[0]], owner[:, self.edges[1]]  # [B, E]
        offset = torch.arange(batch, device=visible.device)[:, None] * count
        apart = source != target
        pairs = torch.stack([(source + offset)[apart], (target + offset)[apart]])
        pairs = torch.cat([pairs, pairs.flip(0)], dim=1)
        nodes = batch * count
        code = torch.unique(pairs[0] * nodes + pairs[1])
        return self._typed(torch.stack([code // nodes, code % nodes]), visible.flatten())

    def whole(self, batch: int) -> TokenGraph:
        """Build the graph of all tokens of ``batch`` bodies."""
        tokens = len(self.hops)
        both = torch.cat([self.edges, self.edges.flip(0)], dim=1)
        offset = torch.arange(batch, device=both.device)[:, None] * tokens
        edge_index = (both[:, None] + offset).flatten(1)
        return self._typed(edge_index, torch.arange(tokens, device=both.device).repeat(batch))

    def _typed(self, edge_index: Tensor, token: Tensor) -> TokenGraph:
        source, target = token[edge_index[0]], token[edge_index[1]]
        hops = self.hops[source, target].long()
        kind = torch.where(source // self.joints == target // self.joints, TokenEdge.BONE, TokenEdge.TEMPORAL)
        kind = torch.where(hops > 1, TokenEdge.SHORTCUT, kind)
        return TokenGraph(edge_index, kind, hops)
