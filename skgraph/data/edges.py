"""The edges of the spatiotemporal skeleton graph, built once for each grid and shared by all clips."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from skgraph.topology import Topology


class EdgeType(IntEnum):
    """Kind of an edge of the spatiotemporal graph."""

    BONE = 0
    TEMPORAL = 1
    CROSS_BODY = 2


@lru_cache(maxsize=32)
def spatiotemporal_edges(
    topology: Topology, bodies: int, frames: int, temporal: bool = True, cross_body: bool = False
) -> tuple[Tensor, Tensor]:
    """Build the edges of one clip graph, in both directions (Yan et al., AAAI 2018, section 3.2).

    Args:
        topology: its bones are the edges within a frame.
        bodies: bodies in the clip, ``M``.
        frames: frames in the clip, ``T``.
        temporal: join each joint with itself one frame later.
        cross_body: join each joint with the same joint of every other body in the frame.

    Returns:
        ``edge_index [2, E]`` over nodes in (body, frame, joint) order, and ``edge_type [E]``.
    """
    node = torch.arange(bodies * frames * topology.num_joints).view(bodies, frames, topology.num_joints)
    pairs = [(EdgeType.BONE, node[..., topology.edges[:, 0]], node[..., topology.edges[:, 1]])]
    if temporal:
        pairs.append((EdgeType.TEMPORAL, node[:, :-1], node[:, 1:]))
    if cross_body:
        first, second = torch.triu_indices(bodies, bodies, offset=1)
        pairs.append((EdgeType.CROSS_BODY, node[first], node[second]))
    index, kind = [], []
    for edge_type, source, target in pairs:
        source, target = source.flatten(), target.flatten()
        index += [torch.stack([source, target]), torch.stack([target, source])]
        kind.append(torch.full((2 * source.numel(),), int(edge_type)))
    return torch.cat(index, dim=1), torch.cat(kind)
